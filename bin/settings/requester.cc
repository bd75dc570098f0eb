// Names who logged in, user and host.
#include "bin/settings/requester.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>

namespace pawl::bin {

namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

std::string name_of(uid_t user) {
  const passwd* const entry = getpwuid(user);
  return entry ? entry->pw_name : "uid " + std::to_string(user);
}

// As the kernel keeps it through sudo and su; empty where nobody logged in.
std::string name_at_login() {
  constexpr uid_t kNobody = static_cast<uid_t>(-1);
  uid_t user = kNobody;
  std::ifstream("/proc/self/loginuid") >> user;
  return user == kNobody ? "" : name_of(user);
}

}  // namespace

std::string requester() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  std::string user = variable("USER"), person = variable("SUDO_USER");
  if (user.empty()) user = name_of(getuid());
  if (person.empty()) person = name_at_login();
  const std::string who = person.empty() || person == user ? user : person + " (as " + user + ")";
  return who + "@" + host.data();
}

}  // namespace pawl::bin
