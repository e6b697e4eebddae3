// dkim/opendkim.h — libopendkim's header, made fit to be included beside `namespace dkim`.
//
// What      The C API. It declares a struct `dkim` in the global namespace, where our namespace of that name lives already.
// Units     –
// Promise   Only the tag of that struct is renamed; DKIM and the functions keep their names.
// Errors    –
// Source    libopendkim 2.11 dkim.h, which wants <stdbool.h> first in C++, and _Bool, which only GCC's <stdbool.h> has there.
// Not here  anything of ours: included by library.cpp and signature.cpp only.
#pragma once

#include <stdbool.h>

#ifndef _Bool
#define _Bool bool
#endif
#define dkim dkim_handle
#include <opendkim/dkim.h>
#undef dkim
