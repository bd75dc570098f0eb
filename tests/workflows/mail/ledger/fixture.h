// The mail ledger of a migrated database, with a worker's epoch and an organisation.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "tests/storage/postgres_fixture.h"
#include "workflows/depositlink/postgres/audience.h"
#include "workflows/mail/ledger/postgres_mail_ledger.h"

namespace pawl::tests {

struct MailLedgerFixture : PostgresFixture {
  Organisation acme{*this};
  Worker worker{*this};
  mail::PostgresMailLedger ledger{conninfo, worker.epoch, mail::InDoubtPolicy::kResend,
                                  depositlink::owners_and_admins()};
  mail::PostgresMailLedger holding{conninfo, worker.epoch, mail::InDoubtPolicy::kHold,
                                   depositlink::owners_and_admins()};
  std::string event = Worker::new_store();
  const bool again = GENERATE(false, true);  // what the caller says changes no answer
  MailLedgerFixture() { worker.open(); }

  mail::LedgerEntry claim(mail::PostgresMailLedger& from, const std::string& user) {
    const mail::LedgerRequest request{event, acme.id, user, "<" + event + "." + user + "@example>", again};
    return from.claim({&request, 1}).at(0);
  }
  mail::LedgerEntry claim() { return claim(ledger, acme.owner); }
  void settle(mail::PostgresMailLedger& from, mail::LedgerState state, const std::string& reply) {
    const mail::LedgerVerdict verdict{event, acme.owner, state, reply};
    from.settle({&verdict, 1});
  }
  void settle(mail::LedgerState state, const std::string& reply = "reply") { settle(ledger, state, reply); }
  std::string row() {
    const auto columns = exec(
                             "select state, attempts, in_doubt_count, coalesce(reply, '-'), epoch from pawl.v1_emails"
                             " where user_id = $1::uuid",
                             {acme.owner})
                             .at(0);
    CHECK(columns[4] == std::to_string(worker.epoch.load()));
    return columns[0] + " " + columns[1] + " " + columns[2] + " " + columns[3];
  }
};

}  // namespace pawl::tests
