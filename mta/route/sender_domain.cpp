#include "mta/route/sender_domain.h"

#include "mta/route/host_name.h"
#include "mta/route/mx.h"
#include "mta/route/provider.h"

namespace mta {

std::string organisational_domain(const std::string& from_domain) {
  const auto ascii = ascii_domain(from_domain);
  return ascii && is_host_name(*ascii) ? registrable_domain(*ascii) : std::string();
}

}  // namespace mta
