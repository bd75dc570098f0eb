// What bulk verbs and `pawl batch` are tried on.
#pragma once

#include <catch2/catch.hpp>

#include "tests/bin/worker/job.h"

namespace pawl::bin {

/// Three runs that failed for two reasons.
struct FailedRuns : Job {
  FailedRuns() : Job({"--fail", "rcpt=550 5.1.1 no such user"}) {
    organisation.fail_sync();
    organisation.fail_sync();
    database.exec("select pawl.emit('pms/connection.sync.failed', 'pms_connection', 'x', '{\"org_id\": 7}')");
    REQUIRE(work().code == 0);
    REQUIRE(count("pawl.v1_events where status = 'failed'") == "3");
    expire_leases();
  }

  std::string failed() { return count("pawl.v1_events where status = 'failed'"); }
};

}  // namespace pawl::bin
