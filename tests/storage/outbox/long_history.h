// A database with very many ended runs and mails, and what a question reads of them without an index.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "tests/storage/postgres_fixture.h"

namespace pawl::tests {

inline constexpr int kRuns = 100'000;

/// Runs that are done, with a mail each; one has failed with its mail in doubt, and of one a worker died while it sent.
struct LongHistory : PostgresFixture {
  const std::string user = "00000000-0000-4000-8000-000000000007";

  LongHistory() {
    exec(
        "insert into pawl.outbox_archive (position, id, created_at, finished_at, deliveries, resumes, store, status,"
        " reason, workflow, type, aggregatetype, aggregateid, payload, headers)"
        " select n, md5(n::text)::uuid, now() - n * interval '1 ms', now(), 1, 0, gen_random_uuid(),"
        " case n when 1 then 'failed' else 'done' end, 'why', 'w', 't', 'a', (n / 10)::text, '{}', '{}'"
        " from generate_series(1, $1::int) n",
        {std::to_string(kRuns)});
    exec(
        "insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, settled_at, attempts,"
        " in_doubt_count, workflow, step, state, message_id, address)"
        " select md5(n::text)::uuid, case when n <= 2 then $2::uuid else md5('user ' || n)::uuid end, 1, 1, now(), "
        "now(),"
        " 1, (n = 1)::int, 'w', 'send-email', case n when 1 then 'in_doubt' else 'accepted' end, '<m>',"
        " 'user' || n || '@Example.com' from generate_series(1, $1::int) n",
        {std::to_string(kRuns), user});
    exec("insert into pawl.mailboxes select lower(address), user_id, current_date from pawl.email_deliveries");
    exec("select pawl.emit('t', 'a', 'unfinished', '{}')");
    exec("update pawl.outbox set workflow = 'w', deliveries = 1");
    exec(
        "insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, attempts, workflow, step, "
        "state,"
        " message_id) select id, $1::uuid, 1, 1, now(), 1, 'w', 'send-email', 'sending', '<m>' from pawl.outbox",
        {user});
    exec("analyze pawl.outbox_archive");
    exec("analyze pawl.email_deliveries, pawl.mailboxes");
  }

  std::int64_t counted(const std::string& counter, const std::string& tables) {
    return std::stoll(value("select coalesce(sum(" + counter +
                                "), 0) from pg_stat_user_tables"
                                " where schemaname = 'pawl' and relname like $1",
                            {tables}));
  }
  /// How many rows of these tables `look` reads without an index. It connects by itself: a session's counters are there
  /// for others once it has ended, and this one's are once they are asked for.
  std::int64_t scanned(const std::string& tables, const std::function<void()>& look) {
    exec("select pg_stat_force_next_flush()");
    const std::int64_t scans = counted("idx_scan", tables), before = counted("seq_tup_read", tables);
    look();
    REQUIRE(eventually([&] { return counted("idx_scan", tables) > scans; }));
    return counted("seq_tup_read", tables) - before;
  }
};

}  // namespace pawl::tests
