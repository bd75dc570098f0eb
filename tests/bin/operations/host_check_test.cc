// What of a server, a role, a clock and a disk is found wrong.
#include "bin/operations/health/host_check.h"

#include <catch2/catch.hpp>

using namespace pawl::bin;

namespace {

std::string told(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings)
    text += std::string(finding.weight == Finding::Weight::kProblem ? "problem: " : "note: ") + finding.what + "\n";
  return text;
}

}  // namespace

TEST_CASE("what is as it should be has no findings") {
  CHECK(findings_of(ServerFacts{}).empty());
  CHECK(findings_of(RoleFacts{.is_worker = true, .is_operator = true}).empty());
  CHECK(findings_of(RoleFacts{.owner = true}).empty());
  CHECK(findings_of_skew(4.9).empty());
  CHECK(findings_of(DiskFacts{.path = "a.db", .wal = 256 << 20, .free = 256 << 20}).empty());
}

TEST_CASE("each setting of a server that would lose events, or that lets nothing be written, is a problem of its own") {
  CHECK(told(findings_of(ServerFacts{.standby = true, .read_only = true})) == "problem: this server is a standby\n");
  CHECK(told(findings_of(ServerFacts{.read_only = true})) == "problem: the session may only read\n");
  CHECK(told(findings_of(ServerFacts{.fsync = false})) == "problem: fsync is off\n");
  CHECK(told(findings_of(ServerFacts{.full_page_writes = false})) == "problem: full_page_writes is off\n");
  CHECK(told(findings_of(ServerFacts{.synchronous_commit = "off"})) ==
        "problem: synchronous_commit is off for this role\n");
  CHECK_THAT(told(findings_of(ServerFacts{.search_path = "public, pg_catalog"})),
             Catch::StartsWith("problem: the session's search_path is public, pg_catalog"));
}

TEST_CASE("a role without rights is noted, rows that are hidden from it are a problem") {
  CHECK(told(findings_of(RoleFacts{})) ==
        "note: this role is no member of pawl_worker\nnote: this role is no member of pawl_operator\n");
  CHECK(told(findings_of(RoleFacts{.is_worker = true})) == "note: this role is no member of pawl_operator\n");
  CHECK_THAT(told(findings_of(RoleFacts{.owner = true, .hidden_tables = "outbox"})),
             Catch::StartsWith("problem: row-level security hides rows of outbox"));
}

TEST_CASE("clocks that are apart, a -wal that grows and a disk that fills are problems, with the figure") {
  CHECK_THAT(told(findings_of_skew(90)), Catch::StartsWith("problem: the clocks of Postgres and of this host differ by "
                                                           "90 s"));
  CHECK(told(findings_of(DiskFacts{.path = "a.db", .wal = 300 << 20})) == "problem: the -wal of a.db has 300 MiB\n");
  CHECK(told(findings_of(DiskFacts{.path = "a.db", .free = 10 << 20})) ==
        "problem: the disk of a.db has 10 MiB left\n");
}
