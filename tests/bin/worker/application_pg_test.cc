// The application's tables do what they like: the real worker says what it cannot see, and never ends a run over it as
// done.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;

namespace {

// With the rights of a role that is nobody's owner, as in a deployment.
struct ReaderJob : Job {
  ReaderJob() {
    database.exec("create role " + reader);
    database.exec("grant select on all tables in schema public to " + reader);
    database.exec("grant usage on schema pawl to " + reader);
    database.exec("alter view pawl.recipients owner to " + reader);
  }
  ~ReaderJob() {
    database.exec("reassign owned by " + reader + " to current_user");
    database.exec("drop owned by " + reader);
    database.exec("drop role " + reader);
  }
  const std::string reader = "reader_in_" + database.name;
};

}  // namespace

TEST_CASE("P1: a worker does not start where row-level security hides people, and tells them once it may see them") {
  ReaderJob job;
  job.organisation.fail_sync();
  job.database.exec("alter table org_members enable row level security");
  job.database.exec("create policy tenant on org_members using (org_id::text = current_setting('app.org', true))");
  const Completed refused = job.work();
  CHECK(refused.code == 4);
  CHECK(refused.err.find("create policy pawl_reads on public.org_members for select to " + job.reader) !=
        std::string::npos);
  CHECK(job.event_status() == "pending");
  job.database.exec("create policy pawl_reads on public.org_members for select to " + job.reader + " using (true)");
  CHECK(job.work().code == 0);
  CHECK(job.event_status() == "done");
  CHECK(job.count("notifications") == "2");
}

TEST_CASE(
    "P1 P9: people who are hidden while a worker runs are not said to be nobody, and are told once they are seen") {
  ReaderJob job;
  PawlProcess worker({"worker"}, job.environment({{"PAWL_LISTEN", "unix:" + job.folder.path() + "/status"}}));
  const auto ready = [&] { return status_page(job.folder.path() + "/status", "/readyz"); };
  REQUIRE(eventually([&] { return ready().find("200 OK") != std::string::npos; }));
  job.database.exec("alter table org_members enable row level security");
  job.organisation.fail_sync();
  CHECK(eventually([&] { return ready().find("row-level security on public.org_members") != std::string::npos; }));
  CHECK(job.count("pawl.outbox_archive") == "0");
  job.database.exec("alter table org_members disable row level security");
  CHECK(eventually([&] { return job.event_status() == "done"; }));
  CHECK(job.count("notifications") == "2");
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
}

TEST_CASE("a worker says that the trigger is lost, while it runs, until migrate has mended it") {
  Job job;
  job.database.exec("drop trigger pawl_sync_failed_on_insert on pms_sync_logs");
  PawlProcess worker({"worker"}, job.environment({{"PAWL_LISTEN", "unix:" + job.folder.path() + "/status"}}));
  const auto ready = [&] { return status_page(job.folder.path() + "/status", "/readyz"); };
  CHECK(eventually([&] {
    return ready().find("application: trigger pawl_sync_failed_on_insert on public.pms_sync_logs is missing") !=
           std::string::npos;
  }));
  CHECK(ready().find("503") != std::string::npos);
  CHECK(worker.err().find("pawl_sync_failed_on_insert") != std::string::npos);
  const Completed mended = job.pawl({"migrate"});
  CHECK(mended.code == 0);
  CHECK(mended.out == "mended trigger pawl_sync_failed_on_insert: it makes events again\n");
  CHECK(eventually([&] { return ready().find("200 OK") != std::string::npos; }));
  job.organisation.fail_sync();
  CHECK(eventually([&] { return job.event_status() == "done"; }));
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
}

TEST_CASE("P1: what the trigger may not read ends failed with the role to grant it to, and refuses no business write") {
  ReaderJob job;
  job.database.exec("alter view pawl.connections owner to " + job.reader);
  job.database.exec("revoke select on pms_connections from " + job.reader);
  job.organisation.fail_sync();
  CHECK(job.work().code == 0);
  CHECK(job.event_status() == "failed");
  CHECK(job.event_reason().find("permission denied for table pms_connections") != std::string::npos);
}

TEST_CASE("P5: an error text of megabytes, and a time that is none, are told to everybody") {
  Job job;
  job.database.exec(
      "insert into pms_sync_logs (connection_id, status, error_message, finished_at) values"
      " ($1::uuid, 'error', repeat('x', 9000000), now()), ($1::uuid, 'error', 'boom', 'infinity'),"
      " ($1::uuid, 'error', repeat(chr(1), 70000), '20000-01-01')",
      {job.organisation.connection});
  CHECK(job.work().code == 0);
  CHECK(job.event_status() == "done");
  CHECK(job.count("notifications") == "6");
  CHECK(job.mails_to("owner") == 3);
}

TEST_CASE("the printed migrations are the whole of them: psql applies them, and migrate has nothing left to do") {
  const pawl::tests::EmptyDatabase database;
  const Environment environment{{"PAWL_POSTGRES", database.conninfo}};
  const Completed printed = run_pawl({"migrate", "--print", "--with-app"}, environment);
  CHECK(printed.code == 0);
  for (const char* part :
       {"create schema pawl", "insert into pawl.migrations", "create table if not exists notifications"})
    CHECK(printed.out.find(part) != std::string::npos);
}
