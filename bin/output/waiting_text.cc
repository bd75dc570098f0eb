// Renders what waits.
#include "bin/output/waiting_text.h"

#include "bin/output/json_value.h"

namespace pawl::bin {

namespace {

std::string attempts_text(const Waiting& one) {
  if (!one.attempts) return "";
  return std::to_string(*one.attempts) + (one.attempts_max ? " of " + std::to_string(*one.attempts_max) : "");
}

}  // namespace

nlohmann::ordered_json waiting_document(const Waiting& one) {
  return {{"run", one.run_id},
          {"event", one.event_id},
          {"workflow", text_or_null(one.workflow)},
          {"state", one.state},
          {"reason", one.reason},
          {"step", text_or_null(one.step)},
          {"key", text_or_null(one.key)},
          {"attempts", number_or_null(one.attempts)},
          {"attempts_max", number_or_null(one.attempts_max)},
          {"since", text_or_null(one.since)},
          {"next_at", text_or_null(one.next_at)},
          {"gives_up_at", text_or_null(one.gives_up_at)},
          {"host", text_or_null(one.host)},
          {"source", one.source}};
}

Table waiting_table(const std::vector<Waiting>& all) {
  Table table{{"run", "state", "workflow", "step", "attempts", "since", "next", "gives up", "host", "reason"}, {}, 0};
  for (const Waiting& one : all)
    table.rows.push_back({one.run_id, one.state, one.workflow, one.step, attempts_text(one), one.since, one.next_at,
                          one.gives_up_at, one.host, one.reason});
  return table;
}

std::vector<std::vector<Table::Cell>> waiting_rows(const Waiting& one) {
  std::vector<std::vector<Table::Cell>> rows{{"waits", one.state + (one.reason.empty() ? "" : ": " + one.reason)}};
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) rows.push_back({name, text});
  };
  add("step", one.step);
  add("attempts", attempts_text(one));
  add("since", one.since);
  add("next", one.next_at);
  add("gives up", one.gives_up_at);
  return rows;
}

}  // namespace pawl::bin
