// Fuzzes connection strings of Postgres: what is refused quotes nothing, what is accepted means what it meant.
#include "storage/postgres/conninfo.h"

#include <cstdlib>

#include "bin/output/redact.h"
#include "engine/authoring/errors.h"
#include "storage/postgres/address.h"
#include "storage/postgres/advice.h"
#include "storage/postgres/passwords.h"
#include "tests/fuzz/target.h"

using namespace pawl;
using namespace pawl::storage;

namespace {

const std::string kCanary = "cAnArY7731";

std::string value_of(const Keywords& keywords, const std::string& keyword) {
  std::string last;
  for (const auto& [name, value] : keywords)
    if (name == keyword) last = value;
  return last;
}

void check_accepted(const std::string& conninfo) {
  const Keywords keywords = conninfo_keywords(conninfo);
  fuzz::require(conninfo_keywords(conninfo_of(keywords)) == keywords, "put together anew it means the same");
  const Keywords session = conninfo_keywords(session_conninfo({conninfo, std::chrono::seconds{3}}, true));
  const auto is_replaced = [](const std::string& keyword, const std::string& value) {
    return keyword == "client_encoding" || keyword == "options" ||
           (keyword == "connect_timeout" && std::atoi(value.c_str()) <= 0);  // which would be without end
  };
  for (const auto& [keyword, value] : keywords)
    if (!is_replaced(keyword, value)) fuzz::require(value_of(session, keyword) == value, "a session keeps " + keyword);
  redaction::OwnSecrets secrets;
  for (const std::string& password : postgres_passwords(conninfo)) secrets.add(password);
  impostor_warning(conninfo);
  if (value_of(keywords, "password") == kCanary)
    fuzz::require(!fuzz::holds(bin::redacted(conninfo, secrets), kCanary), "a password is masked wherever it stands");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string conninfo = fuzz::Input(bytes, size).rest();
  if (fuzz::holds(conninfo, "service")) return 0;  // which would be looked for in files of this host
  for (auto at = conninfo.find('\x01'); at != std::string::npos; at = conninfo.find('\x01', at + 1))
    conninfo.replace(at, 1, kCanary);
  bin::redact_passwords(conninfo);
  if (const auto why = why_unusable(conninfo))
    fuzz::require(!fuzz::holds(*why, kCanary), "why a connection string cannot be used quotes nothing of it");
  else
    check_accepted(conninfo);
  return 0;
}
