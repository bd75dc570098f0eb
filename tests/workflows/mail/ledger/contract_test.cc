// The mail ledger in memory keeps the contract.
#include <catch2/catch.hpp>

#include "tests/workflows/mail/ledger/ledger_contract.h"
#include "workflows/mail/testing/memory_ledger.h"

using namespace pawl::mail;

namespace {

class MemoryLedgerWorld final : public LedgerWorld {
 public:
  std::string new_event() override { return "event-" + std::to_string(++events_); }
  MailLedger& ledger() override { return ledger_; }
  void take_over(bool holds_in_doubt) override {
    ++ledger_.epoch;
    ledger_.holds_in_doubt = holds_in_doubt;
    ledger_.now += std::chrono::minutes{1};
  }
  std::string row(const LedgerRequest& mail) override {
    const auto found = ledger_.rows.find({mail.effects_id, mail.step, mail.recipient});
    return found == ledger_.rows.end() ? "none" : found->second.state + " " + found->second.reply;
  }

 private:
  pawl::testing::MemoryLedger ledger_;
  int events_ = 0;
};

}  // namespace

TEST_CASE("the mail ledger in memory keeps the contract") {
  check_ledger_contract([] { return std::make_unique<MemoryLedgerWorld>(); });
}
