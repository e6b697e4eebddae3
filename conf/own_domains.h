// conf/own_domains.h — the domains that are our own.
//
// What      Those of the DKIM keys, the one that bounces come back to, and what `[warmup] exempt` lists; each with its subdomains.
// Units     Domains in ASCII.
// Promise   A function of the configuration.
// Errors    None.
// Source    WARMUP.md §1 (exempt).
// Not here  what becomes of mail to them (warmup/exempt.h).
#pragma once

#include "conf/config.h"
#include "warmup/exempt.h"

namespace conf {

warmup::Exempt own_domains(const Config&);

}  // namespace conf
