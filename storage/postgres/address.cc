// Adds to a conninfo what every connection of pawl's has.
#include "storage/postgres/address.h"

#include <algorithm>
#include <cstdlib>

#include "storage/postgres/conninfo.h"

namespace pawl::storage {

namespace {

constexpr std::chrono::seconds kConnectWithin{10};
constexpr std::chrono::microseconds kLockPatience = std::chrono::seconds{20};
constexpr std::chrono::seconds kLeastConnectTimeout{2};  // libpq takes 1 for 2

Keywords timeouts_of(const PostgresAddress& address) {
  Keywords keywords{{"keepalives_idle", "30"}, {"keepalives_interval", "5"}, {"keepalives_count", "3"}};
  std::chrono::seconds connect = kConnectWithin;
  if (address.answer_within.count() > 0) {
    connect = std::clamp(std::chrono::ceil<std::chrono::seconds>(address.answer_within), kLeastConnectTimeout, connect);
    const auto unacknowledged = std::chrono::ceil<std::chrono::milliseconds>(address.answer_within);
    keywords.emplace_back("tcp_user_timeout", std::to_string(unacknowledged.count()));
  }
  keywords.emplace_back("connect_timeout", std::to_string(connect.count()));
  return keywords;
}

// The last one for a setting counts, of the keyword and within it: so the address can set other timeouts, and no other
// path or isolation, nor fewer digits of a number than it has. Nor are plans compiled: pawl's answers are small, and
// one whose cost is misjudged, say after a table has grown, would be compiled for longer than it runs.
std::string options_of(const PostgresAddress& address, const Keywords& effective) {
  std::string patience, given,
      own = "-c default_transaction_isolation=read\\ committed -c extra_float_digits=1 -c jit=off";
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::min(address.answer_within / 3, kLockPatience));
  if (wait.count() > 0) patience = "-c lock_timeout=" + std::to_string(wait.count());
  if (const auto most = std::chrono::ceil<std::chrono::milliseconds>(address.answer_within * 19 / 20);
      address.undoes_late && most.count() > 0)
    patience += " -c statement_timeout=" + std::to_string(most.count());
  if (!address.has_own_path) own.append(" -c search_path=").append(kSearchPath);
  for (const auto& [keyword, value] : effective)
    if (keyword == "options" && !value.empty()) given = value;
  std::string options;
  for (const std::string& part : {patience, given, own})
    if (!part.empty()) options += (options.empty() ? "" : " ") + part;
  return options;
}

// No deadline is armed before there is a connection, so that one which is waited for without end is not taken over.
bool is_kept(const std::string& keyword, const std::pair<std::string, std::string>& known) {
  return known.first == keyword && (keyword != "connect_timeout" || std::atoi(known.second.c_str()) > 0);
}

}  // namespace

const char* const kSearchPath = "pg_catalog,pawl,pg_temp";

std::string session_conninfo(const PostgresAddress& address, bool with_options) {
  Keywords keywords = timeouts_of(address);
  const Keywords effective = effective_keywords(address.conninfo);
  std::erase_if(keywords, [&](const auto& timeout) {
    return std::ranges::any_of(effective, [&](const auto& known) { return is_kept(timeout.first, known); });
  });
  for (auto& given : conninfo_keywords(address.conninfo))
    if (given.first != "connect_timeout" || is_kept(given.first, given)) keywords.push_back(std::move(given));
  keywords.emplace_back("client_encoding", "UTF8");
  if (std::string options = with_options ? options_of(address, effective) : ""; !options.empty())
    keywords.emplace_back("options", std::move(options));
  return conninfo_of(keywords);
}

}  // namespace pawl::storage
