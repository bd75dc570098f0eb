// Words, numbers and JSON of batches.
#include "bin/commands/change/batch_text.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "bin/output/json_value.h"
#include "bin/settings/duration.h"
#include "engine/text/counted.h"

namespace pawl::bin {

namespace {

std::string number_text(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

// A length that a person reads, which nobody needs to the second when it is long.
std::string rough_text(std::int64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string((seconds + 59) / 60) + " min";
  return std::to_string((seconds + 3599) / 3600) + " h";
}

}  // namespace

std::string done_word(const std::string& verb) {
  if (verb == "cancel") return "cancelled";
  if (verb == "retry-now") return "retried now";
  return verb + "d";
}

std::string rate_text(double rate) {
  if (rate == 0) return "at once";
  if (rate >= 1) return number_text(rate) + "/s";
  if (rate * 60 >= 1) return number_text(rate * 60) + "/m";
  return number_text(rate * 3600) + "/h";
}

std::string progress_text(const Batch& batch) {
  std::string text = std::to_string(batch.acted) + " of " + engine::counted(batch.runs, "run") + ", ";
  if (batch.ended()) return text.append(batch.state);
  text.append(std::to_string(batch.owed)).append(" to go, ").append(batch.state);
  if (batch.state == "running") text.append(batch.rate > 0 ? " at " : " ").append(rate_text(batch.rate));
  if (batch.seconds_to_go)
    text.append(", through in ").append(rough_text(std::max<std::int64_t>(*batch.seconds_to_go, 0)));
  if (!batch.problem.empty()) text.append("; its last step failed: ").append(batch.problem);
  return text;
}

nlohmann::ordered_json batch_json(const Batch& batch) {
  return {{"batch", batch.id},
          {"verb", batch.verb},
          {"state", batch.state},
          {"runs", batch.runs},
          {"acted", batch.acted},
          {"owed", batch.owed},
          {"rate", batch.rate},
          {"through_at", text_or_null(batch.through_at)},
          {"requested_by", batch.requested_by},
          {"note", text_or_null(batch.note)},
          {"filter", nlohmann::ordered_json::parse(batch.filter, nullptr, false)},
          {"created_at", batch.created_at},
          {"finished_at", text_or_null(batch.finished_at)},
          {"problem", text_or_null(batch.problem)}};
}

nlohmann::ordered_json outcomes_json(const std::string& name, const std::vector<BatchOutcome>& outcomes) {
  auto rows = nlohmann::ordered_json::array();
  for (const BatchOutcome& outcome : outcomes)
    rows.push_back({{name, text_or_null(outcome.outcome)}, {"runs", outcome.runs}, {"example", outcome.example}});
  return rows;
}

Table outcomes_table(const std::string& name, const std::vector<BatchOutcome>& outcomes) {
  Table table{{name, "runs", "example"}, {}, 2};
  for (const BatchOutcome& outcome : outcomes)
    table.rows.push_back(
        {outcome.outcome.empty() ? "still to come" : outcome.outcome, std::to_string(outcome.runs), outcome.example});
  return table;
}

}  // namespace pawl::bin
