// Adds to a conninfo in either of its two forms.
#include "storage/postgres_address.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

namespace pawl::storage {

namespace {

constexpr std::chrono::seconds kConnectWithin{10};
constexpr std::chrono::seconds kLeastConnectTimeout{2};  // libpq takes 1 for 2

using Keywords = std::vector<std::pair<std::string, std::string>>;

Keywords timeouts_of(const PostgresAddress& address) {
  Keywords keywords{{"keepalives_idle", "30"}, {"keepalives_interval", "5"}, {"keepalives_count", "3"}};
  std::chrono::seconds connect = kConnectWithin;
  if (address.answer_within.count() > 0) {
    connect = std::clamp(std::chrono::ceil<std::chrono::seconds>(address.answer_within), kLeastConnectTimeout, connect);
    const auto unacknowledged = std::chrono::ceil<std::chrono::milliseconds>(address.answer_within);
    keywords.emplace_back("tcp_user_timeout", std::to_string(unacknowledged.count()));
  }
  if (!std::getenv("PGCONNECT_TIMEOUT")) keywords.emplace_back("connect_timeout", std::to_string(connect.count()));
  return keywords;
}

bool is_uri(const std::string& conninfo) {
  return conninfo.starts_with("postgresql://") || conninfo.starts_with("postgres://");
}

}  // namespace

// Of a keyword given twice libpq takes the last, in either form.
std::string with_timeouts(const PostgresAddress& address) {
  std::string added;
  if (!is_uri(address.conninfo)) {
    for (const auto& [keyword, value] : timeouts_of(address)) added += keyword + "=" + value + " ";
    return added + address.conninfo;
  }
  const std::size_t question = address.conninfo.find('?');
  for (const auto& [keyword, value] : timeouts_of(address))
    added += (added.empty() ? "?" : "&") + keyword + "=" + value;
  if (question == std::string::npos) return address.conninfo + added;
  return address.conninfo.substr(0, question) + added + "&" + address.conninfo.substr(question + 1);
}

}  // namespace pawl::storage
