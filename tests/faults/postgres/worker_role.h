// A login with the role pawl_worker and nothing else.
#pragma once

#include <string>

#include "storage/schema/roles.h"
#include "tests/faults/postgres/fault_job.h"
#include "tests/storage/postgres_lines.h"

namespace pawl::tests {

class WorkerRole {
 public:
  explicit WorkerRole(FaultJob& job) : name("worker_of_" + job.database.name), job_(job) {
    job_.database.exec("create role " + name + " login in role pawl_worker");
  }
  ~WorkerRole() { job_.database.exec("drop role " + name); }
  WorkerRole(const WorkerRole&) = delete;

  bin::Environment environment(bin::Environment more = {}) const {
    return FaultJob::through("user=" + name + " dbname=" + job_.database.name, std::move(more));
  }
  /// Takes back whatever a test did to the role's privileges and to the names of columns, keys and functions.
  void mend() const {
    const auto exists = [&](const std::string& what) { return job_.count(what) == "1"; };
    if (exists("pg_proc where proname = 'renamed'"))
      job_.database.exec("alter function pawl.renamed rename to maintain_archive");
    if (exists("pg_attribute where attrelid = 'notifications'::regclass and attname = 'url'"))
      job_.database.exec("alter table notifications rename column url to link");
    if (!exists("pg_constraint where conname = 'notifications_event_id_user_id_kind_key'"))
      job_.database.exec("alter table notifications add unique (event_id, user_id, kind)");
    storage::grant_roles(job_.database.conninfo, false, postgres_lines());
  }

  const std::string name;

 private:
  FaultJob& job_;
};

}  // namespace pawl::tests
