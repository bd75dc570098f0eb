// The metrics page: what is counted, in the format of Prometheus, and as docs/metrics.md lists it.
#include "bin/status/metrics_page.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <regex>

using namespace pawl::bin;
using namespace std::chrono_literals;

namespace {

WorkerStatus busy_worker() {
  WorkerStatus status;
  status.steps = {"send-email"};
  auto& measures = status.measures;
  measures.executions.push_back(
      {"notify",
       "send-email",
       {.started = 9, .succeeded = 5, .retried = 1, .failed = 2, .in_doubt = 3, .suppressed = 4}});
  measures.steps.push_back({"send-email", {}, 6});
  measures.steps[0].calls.duration.add(700ms, 2);
  measures.steps[0].calls.batch.add(2);
  measures.workflows.push_back({"notify", {.claimed = 11, .done = 7, .failed = 1}});
  measures.workflows[0].runs.end_to_end.add(90min);
  measures.misfits = 2;
  status.disk = CheckpointDisk{4096, 512, 1'000'000'000'000};
  status.gauges.all = {{"backlog_pending", "notify", 12},
                       {"backlog_leased", "notify", 3},
                       {"backlog_due", "notify", 10},
                       {"oldest_age_seconds", "notify", 61.5},
                       {"in_doubt", "notify", 1}};
  return status;
}

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

}  // namespace

TEST_CASE("executions are shown by workflow and step, and the rest of what is counted by its own labels") {
  const std::string text = metrics_text(busy_worker());
  for (const char* line :
       {"\npawl_executions_started_total{workflow=\"notify\",step=\"send-email\"} 9\n",
        "\npawl_executions_succeeded_total{workflow=\"notify\",step=\"send-email\"} 5\n",
        "\npawl_executions_retried_total{workflow=\"notify\",step=\"send-email\"} 1\n",
        "\npawl_executions_failed_total{workflow=\"notify\",step=\"send-email\"} 2\n",
        "\npawl_executions_in_doubt_total{workflow=\"notify\",step=\"send-email\"} 3\n",
        "\npawl_executions_suppressed_total{workflow=\"notify\",step=\"send-email\"} 4\n",
        "\npawl_workflow_claims_total{workflow=\"notify\"} 11\n", "\npawl_backlog_due_runs{workflow=\"notify\"} 10\n",
        "\npawl_workflow_runs_total{workflow=\"notify\",status=\"done\"} 7\n", "\npawl_runs_misfit 2\n",
        "\npawl_runs_held{step=\"send-email\"} 6\n", "\npawl_checkpoint_wal_bytes 512\n",
        "\npawl_checkpoint_free_bytes 1000000000000\n",
        "\npawl_backlog_runs{workflow=\"notify\",state=\"pending\"} 12\n",
        "\npawl_backlog_runs{workflow=\"notify\",state=\"leased\"} 3\n",
        "\npawl_oldest_unfinished_age_seconds{workflow=\"notify\"} 61.5\n", "\npawl_in_doubt{workflow=\"notify\"} 1\n"})
    CHECK_THAT(text, Catch::Contains(line));
}

TEST_CASE("histograms are in seconds, cumulated, and end with all of them") {
  const std::string text = metrics_text(busy_worker());
  for (const char* line : {"\npawl_step_duration_seconds_bucket{step=\"send-email\",le=\"0.5\"} 0\n",
                           "\npawl_step_duration_seconds_bucket{step=\"send-email\",le=\"1\"} 2\n",
                           "\npawl_step_duration_seconds_bucket{step=\"send-email\",le=\"+Inf\"} 2\n",
                           "\npawl_step_duration_seconds_sum{step=\"send-email\"} 1.4\n",
                           "\npawl_step_duration_seconds_count{step=\"send-email\"} 2\n",
                           "\npawl_end_to_end_seconds_bucket{workflow=\"notify\",le=\"1800\"} 0\n",
                           "\npawl_end_to_end_seconds_bucket{workflow=\"notify\",le=\"7200\"} 1\n",
                           "\npawl_step_batch_executions_bucket{step=\"send-email\",le=\"2\"} 1\n",
                           "\npawl_claim_events_bucket{le=\"1\"} 0\n", "\npawl_claim_events_count 0\n"})
    CHECK_THAT(text, Catch::Contains(line));
}

TEST_CASE("what nobody has asked Postgres or the disk for is left out, not shown as nothing") {
  const std::string text = metrics_text({});
  for (const char* name : {"pawl_backlog_runs", "pawl_in_doubt", "pawl_checkpoint_free_bytes"})
    CHECK(text.find(name) == std::string::npos);
}

TEST_CASE("mails in doubt are shown of every workflow, one that this worker does not run among them") {
  WorkerStatus status = busy_worker();
  status.measures.workflows.push_back({"quiet", {}});
  status.gauges.all.push_back({"in_doubt", "elsewhere", 2});
  const std::string text = metrics_text(status);
  for (const char* line : {"\npawl_in_doubt{workflow=\"elsewhere\"} 2\n", "\npawl_in_doubt{workflow=\"quiet\"} 0\n"})
    CHECK_THAT(text, Catch::Contains(line));
}

TEST_CASE("a name with quotes, backslashes or line ends stays one label") {
  WorkerStatus status = busy_worker();
  status.measures.steps[0].step = "a\"b\\c\nd";
  CHECK_THAT(metrics_text(status), Catch::Contains("\npawl_runs_held{step=\"a\\\"b\\\\c\\nd\"} 6\n"));
}

TEST_CASE("docs/metrics.md lists every metric with its type and help, in the order of the page, and no other") {
  std::ifstream file(PAWL_SOURCE_DIR "/docs/metrics.md");
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  const std::string text = metrics_text(busy_worker());
  const std::regex head("# HELP (\\w+) ([^\n]+)\n# TYPE \\w+ (\\w+)\n");
  std::vector<std::string> rows;
  for (std::sregex_iterator match(text.begin(), text.end(), head), end; match != end; ++match) {
    rows.push_back((*match)[1]);
    const std::string row = "\n| `" + rows.back() + "` | " + (*match)[3].str() + " |";
    CHECK_THAT(document, Catch::Contains(row));
    CHECK_THAT(document, Catch::Contains(" | " + (*match)[2].str()));
  }
  CHECK(matches(document, "\n\\| `(pawl_\\w+)` \\|") == rows);
}
