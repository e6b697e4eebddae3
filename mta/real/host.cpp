#include "mta/real/host.h"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace mta::real {

std::string fully_qualified_host_name() {
  std::array<char, 256> buffer{};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer[0] == '\0') return "localhost";
  std::string name = buffer.data();
  if (name.find('.') == std::string::npos) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_flags = AI_CANONNAME;
    if (getaddrinfo(name.c_str(), nullptr, &hints, &found) == 0) {
      if (found->ai_canonname != nullptr) name = found->ai_canonname;
      freeaddrinfo(found);
    }
  }
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return name;
}

}  // namespace mta::real
