// The mail ledger in Postgres keeps the contract.
#include <catch2/catch.hpp>
#include <optional>

#include "tests/storage/postgres_fixture.h"
#include "tests/workflows/mail/ledger/ledger_contract.h"
#include "workflows/mail/ledger/postgres_mail_ledger.h"

using namespace pawl;
using namespace pawl::mail;
using namespace pawl::tests;

namespace {

class PostgresLedgerWorld final : public LedgerWorld {
 public:
  PostgresLedgerWorld() { take_over(false); }

  std::string new_event() override { return database_.value("select gen_random_uuid()"); }
  MailLedger& ledger() override { return *ledger_; }
  void take_over(bool holds_in_doubt) override {
    worker_.open();
    ledger_.emplace(database_.conninfo, worker_.epoch, holds_in_doubt ? InDoubtPolicy::kHold : InDoubtPolicy::kResend,
                    std::nullopt);
  }
  std::string row(const LedgerRequest& mail) override {
    const Table rows = database_.exec(
        "select state || ' ' || coalesce(reply, '') from pawl.email_deliveries"
        " where event_id = $1::uuid and step = $2 and lower(address) = $3",
        {mail.effects_id, mail.step, mail.recipient});
    return rows.empty() ? "none" : rows.at(0).at(0);
  }

 private:
  PostgresFixture database_;
  Worker worker_{database_};
  std::optional<PostgresMailLedger> ledger_;
};

}  // namespace

TEST_CASE("the mail ledger in Postgres keeps the contract") {
  check_ledger_contract([] { return std::make_unique<PostgresLedgerWorld>(); });
}
