// Checks what a person typed before Postgres is asked.
#include "bin/commands/verb/bulk_filter.h"

#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/settings/duration.h"
#include "engine/authoring/clock.h"
#include "workflows/text/ascii.h"

namespace pawl::bin {

namespace {

FilterTime filter_time(const std::string& option, const std::string& text) {
  if (text.empty()) return {};
  return std::visit([](const auto& time) { return FilterTime(time); }, parse_past(option, text));
}

}  // namespace

void require_order(const std::string& since, const std::string& until) {
  if (since.empty() || until.empty()) return;
  const engine::Timestamp now = engine::SystemClock().now();
  if (moment_of(parse_past("--since", since), now) >= moment_of(parse_past("--until", until), now))
    throw UsageError("--since " + since + " is not before --until " + until +
                     ": --since 4h --until 2h means from four to two hours ago");
}

std::string checked_user(const std::string& user) {
  if (user.empty() || is_address(user)) return user;
  const std::string id = text::lower_cased(user);
  if (!is_full_id(id)) throw UsageError("--user takes a user's full id or address, not '" + user + "'");
  return id;
}

BulkFilter bulk_filter(BulkFilter filter, const std::string& since, const std::string& until) {
  filter.since = filter_time("--since", since);
  filter.until = filter_time("--until", until);
  require_order(since, until);
  filter.user = checked_user(filter.user);
  return filter;
}

}  // namespace pawl::bin
