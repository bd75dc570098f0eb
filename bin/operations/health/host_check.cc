// Decides what of it is wrong.
#include "bin/operations/health/host_check.h"

#include "bin/operations/health/status.h"

namespace pawl::bin {

namespace {

constexpr double kSkewMax = 5;  // seconds
constexpr std::uintmax_t kMiB = 1 << 20;
constexpr std::uintmax_t kDiskFreeMin = 256 * kMiB;
constexpr std::uintmax_t kWalMax = 256 * kMiB;

using Weight = Finding::Weight;

}  // namespace

std::string mebibytes(std::uintmax_t bytes) { return std::to_string(bytes / kMiB) + " MiB"; }

Findings findings_of(const ServerFacts& server) {
  Findings found;
  if (server.standby || server.read_only)
    found.push_back({Weight::kProblem, server.standby ? "this server is a standby" : "the session may only read",
                     "a worker can claim and archive nothing here",
                     "let the address lead to the primary: target_session_attrs=read-write with all hosts"});
  if (!server.fsync || !server.full_page_writes)
    found.push_back({Weight::kProblem, std::string(server.fsync ? "full_page_writes" : "fsync") + " is off",
                     "a crash of the server's host can lose or damage committed events",
                     "set it to on, and reload Postgres"});
  if (server.synchronous_commit == "off")
    found.push_back({Weight::kProblem, "synchronous_commit is off for this role",
                     "events and mails that are recorded can be lost by a crash of the server",
                     "set it to on for this role"});
  if (!server.search_path.starts_with("pg_catalog"))
    found.push_back({Weight::kProblem, "the session's search_path is " + server.search_path + ", and not pawl's own",
                     "somebody else's tables or functions could be found in place of the right ones",
                     "let the pooler pass startup options on (ignore_startup_parameters must not have options)"});
  return found;
}

Findings findings_of(const RoleFacts& role) {
  Findings found;
  if (!role.owner && !role.is_worker)
    found.push_back({Weight::kNote, "this role is no member of pawl_worker", "it can run no worker",
                     "grant pawl_worker to the worker's login"});
  if (!role.owner && !role.is_operator)
    found.push_back({Weight::kNote, "this role is no member of pawl_operator",
                     "it sees neither status nor runs of the fleet, and resumes none", "grant pawl_operator to it"});
  if (!role.hidden_tables.empty())
    found.push_back({Weight::kProblem, "row-level security hides rows of " + role.hidden_tables + " from this role",
                     "what is hidden is neither run nor shown",
                     "alter table … disable row level security, or give the role bypassrls"});
  return found;
}

Findings findings_of_skew(double seconds) {
  if (seconds <= kSkewMax) return {};
  return {{Weight::kProblem, "the clocks of Postgres and of this host differ by " + age_text(seconds),
           "leases are judged by Postgres alone and hold, but retries of this host's worker come early or late, and "
           "times in the two databases do not compare",
           "let both keep time by NTP"}};
}

Findings findings_of(const DiskFacts& disk) {
  Findings found;
  if (disk.wal > kWalMax)
    found.push_back({Weight::kProblem, "the -wal of " + disk.path + " has " + mebibytes(disk.wal),
                     "reading slows down, and the disk fills",
                     "end whoever has had the file open for long, as a `pawl sql` that was left open"});
  if (disk.free < kDiskFreeMin)
    found.push_back({Weight::kProblem, "the disk of " + disk.path + " has " + mebibytes(disk.free) + " left",
                     "a full one stops every run until there is room",
                     "make room, or move the file while its worker is stopped"});
  return found;
}

}  // namespace pawl::bin
