// Names user and host.
#include "bin/settings/requester.h"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace pawl::bin {

std::string requester() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  const char* user = std::getenv("USER");
  return (user && *user ? std::string(user) : "uid " + std::to_string(getuid())) + "@" + host.data();
}

}  // namespace pawl::bin
