// Renders groups of runs.
#include "bin/output/groups_text.h"

#include <nlohmann/json.hpp>

#include "bin/output/json_value.h"
#include "bin/output/utc_text.h"

namespace pawl::bin {

void print_groups(std::ostream& out, const std::string& verb, const std::vector<BulkGroup>& groups,
                  OutputFormat format) {
  if (format == OutputFormat::kJson) {
    auto rows = nlohmann::ordered_json::array();
    for (const BulkGroup& group : groups)
      rows.push_back({{"runs", group.runs},
                      {"workflow", text_or_null(group.workflow)},
                      {"step", text_or_null(group.step)},
                      {"reason", text_or_null(group.reason)},
                      {"first_at", group.first_at},
                      {"last_at", group.last_at},
                      {"example", group.example},
                      {"left_out", text_or_null(group.left_out)}});
    auto document = nlohmann::ordered_json::object();
    if (!verb.empty()) document["verb"] = verb;
    document["runs"] = runs_in(groups);
    document["left_out"] = left_out_of(groups);
    document["groups"] = std::move(rows);
    return print_json(out, document);
  }
  Table table{{"runs", "workflow", "step", "reason", "first", "last", "example"}, {}, 6};
  const bool some_left_out = left_out_of(groups) > 0;
  if (some_left_out) table.columns.push_back("left out");
  for (const BulkGroup& group : groups) {
    table.rows.push_back({std::to_string(group.runs), group.workflow, group.step, group.reason,
                          seconds_text(group.first_at), seconds_text(group.last_at), group.example});
    if (some_left_out) table.rows.back().push_back(group.left_out);
  }
  print_table(out, table, format);
}

}  // namespace pawl::bin
