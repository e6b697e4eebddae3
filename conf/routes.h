// conf/routes.h — by which pool mail goes.
//
// What      The first of the [[route]] tables whose conditions fit names the pool; without one it is "default".
// Units     Domains in lower case, as they were written otherwise.
// Promise   The daemon and `simulate` ask the same functions.
// Errors    None: that every pool exists is checked when the configuration is read.
// Source    README "Configure it".
// Not here  which queue of the pool (mta/scheduler/routing.h).
#pragma once

#include "conf/config.h"

namespace conf {

struct RoutedBy {  // what the conditions of a route are about
  std::string_view from_domain = {}, to_domain = {}, mail_class = {}, user = {};
};

std::string pool_for(const Config&, const RoutedBy&);
// Whether that hangs on the From domain, which is not known before the content is.
bool hangs_on_from(const Config&, const RoutedBy& without_from_domain);

}  // namespace conf
