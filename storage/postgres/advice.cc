// Reads the connection string, and asks the server for its encoding.
#include "storage/postgres/advice.h"

#include <map>

#include "storage/postgres/conninfo.h"

namespace pawl::storage {

namespace {

// A directory of sockets, an abstract socket, or loopback.
bool is_this_host(std::string_view host) {
  return host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

std::string first_distant(std::string_view hosts) {
  for (;;) {
    const std::size_t comma = hosts.find(',');
    const std::string_view host = hosts.substr(0, comma);
    if (!is_this_host(host)) return std::string(host);
    if (comma == std::string_view::npos) return {};
    hosts.remove_prefix(comma + 1);
  }
}

}  // namespace

std::optional<std::string> impostor_warning(const std::string& conninfo) {
  std::map<std::string, std::string> values;
  for (auto& [keyword, value] : effective_keywords(conninfo)) values[keyword] = value;
  const std::string& addresses = values["hostaddr"];
  const std::string distant = first_distant(addresses.empty() ? values["host"] : addresses);
  if (distant.empty() || values["sslmode"] == "verify-full") return std::nullopt;
  return "Postgres on " + distant + " is not verified (sslmode=" + values["sslmode"] +
         "): an impostor could ask for the password in clear and get it; set sslmode=verify-full and sslrootcert in "
         "PAWL_POSTGRES";
}

std::optional<std::string> encoding_warning(PostgresConnection& connection) {
  const std::string encoding = connection.run("ask for the encoding", "show server_encoding", {}).string(0, 0);
  if (encoding == "UTF8" || encoding == "SQL_ASCII") return std::nullopt;
  return "the database's encoding is " + encoding +
         ": each byte of a character that it lacks is stored as a question mark";
}

}  // namespace pawl::storage
