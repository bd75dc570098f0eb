// The live line and the summary.
#include "bin/worker/progress.h"

#include <catch2/catch.hpp>
#include <sstream>

using namespace pawl::bin;
using namespace std::chrono_literals;
using pawl::engine::RunnerStatus;
using pawl::engine::Timestamp;

TEST_CASE("progress says done, waiting, failed and the rate") {
  RunnerStatus status;
  status.done = 100;
  status.failed = 20;
  status.waiting = 3;
  CHECK(progress_text(status, 2s) == "100 done  3 waiting  20 failed  0 moving  60/s");
  CHECK(progress_text(status, 0s).ends_with(" 0/s"));
  status.open_circuits.push_back({"send-email", "connection refused"});
  CHECK(progress_text(status, 2s).ends_with("send-email paused: connection refused"));
}

TEST_CASE("the summary is one line") {
  RunnerStatus status;
  status.done = 199;
  status.failed = 1;
  CHECK(summary_text(status, 1'340ms) == "199 done, 1 failed, 1.3 s");
}

TEST_CASE("the line is redrawn in place, not oftener than ten times a second, and wiped at the end") {
  std::ostringstream out;
  Progress progress(out, Timestamp{});
  progress.show({}, Timestamp{1s});
  progress.show({}, Timestamp{1s + 50ms});
  const std::string once = out.str();
  CHECK(once.starts_with("\r"));
  CHECK(once.find('\r', 1) == std::string::npos);
  progress.show({}, Timestamp{1s + 150ms});
  CHECK(out.str().size() > once.size());
  progress.finish();
  CHECK(out.str().ends_with("\r\x1b[K"));
}
