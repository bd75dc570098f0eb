// The workflow on the real engine, without a database, a network, or waiting.
#include "../workflow.h"

#include <pawl/engine/testing/world.h>
#include <pawl/workflows/mail/testing/memory_ledger.h>
#include <pawl/workflows/mail/testing/memory_mailer.h>

#include <catch2/catch.hpp>

#include "doubles.h"

using namespace shop;
using namespace std::chrono_literals;
using pawl::engine::RunStatus;

namespace {

struct Shop {
  MemoryPayments payments;
  MemoryStock stock;
  pawl::testing::MemoryLedger ledger;
  pawl::testing::MemoryMailer mailer;
  OrderSteps steps{payments, stock, ledger, mailer, {.address = "shop@example.com", .name = "The Shop"}};
  pawl::testing::World world{{fulfil_order(steps)}};
  std::string email = "ada@example.com";

  Shop() { stock.on_shelf = {{"tea", 5}, {"cup", 1}}; }

  std::string order(int teas, int cups, const std::string& card = "tok_ada") {
    return world.emit("shop/order.placed",
                      {{"number", "1001"},
                       {"email", email},
                       {"card", card},
                       {"cents", 1250},
                       {"lines", {{{"sku", "tea"}, {"quantity", teas}}, {{"sku", "cup"}, {"quantity", cups}}}}});
  }
};

}  // namespace

TEST_CASE_METHOD(Shop, "an order is charged, taken off the shelf, and its customer sent one receipt") {
  const std::string id = order(2, 1);
  REQUIRE(world.finish());
  CHECK(world.run(id).status == RunStatus::kDone);
  CHECK(payments.charges.size() == 1);
  CHECK(stock.on_shelf == std::map<std::string, int>{{"cup", 0}, {"tea", 3}});
  REQUIRE(mailer.sent.size() == 1);
  CHECK(mailer.sent[0].to == "ada@example.com");
  CHECK_THAT(mailer.sent[0].bytes, Catch::Contains("12.50 EUR (ch_1)") && Catch::Contains("2 x tea"));
}

TEST_CASE_METHOD(Shop, "an order whose customer gave an address that is none says that no receipt went out") {
  email = "ada smith@example.com";
  const std::string id = order(2, 1);
  REQUIRE(world.finish());
  CHECK(world.run(id).status == RunStatus::kDone);
  CHECK(world.run(id).reason == "no receipt to the customer: not sent: the part before the @ has a space in it");
  CHECK(mailer.sent.empty());
}

TEST_CASE_METHOD(Shop, "a charge that fails for now is tried again after a backoff, under the same key") {
  payments.refusals = 2;
  const std::string id = order(1, 1);
  world.pass(100ms);
  CHECK(payments.calls == 1);
  CHECK(world.run(id).status == RunStatus::kWaiting);
  world.pass(1min);
  CHECK(world.run(id).status == RunStatus::kDone);
  CHECK(world.run(id).step("charge-card")->attempt == 3);
  CHECK(payments.charges.size() == 1);
}

TEST_CASE_METHOD(Shop, "where an item is missing, the others go back and the card is refunded") {
  const std::string id = order(2, 3);
  REQUIRE(world.finish());
  CHECK(world.run(id).status == RunStatus::kDone);
  CHECK(world.run(id).reason == "refunded: reserve-item (cup): out of stock");
  CHECK(stock.on_shelf == std::map<std::string, int>{{"cup", 1}, {"tea", 5}});
  REQUIRE(payments.refunds.size() == 1);
  CHECK(payments.refunds.begin()->second == "ch_1");
  CHECK(mailer.sent.empty());
}

TEST_CASE_METHOD(Shop, "a card that is declined ends the order: nothing is reserved, refunded or mailed") {
  const std::string id = order(1, 1, "tok_empty");
  REQUIRE(world.finish());
  CHECK(world.run(id).status == RunStatus::kFailed);
  CHECK(world.run(id).reason == "charge-card: declined");
  CHECK(stock.reserved.empty());
  CHECK(payments.refunds.empty());
}

TEST_CASE_METHOD(Shop, "an order that could not be fulfilled is refused before anything is charged") {
  const std::string id = order(1, 0);
  REQUIRE(world.finish());
  CHECK(world.run(id).reason == "payload: it orders 0 of cup");
  CHECK(payments.calls == 0);
}

TEST_CASE_METHOD(Shop, "a worker that dies charges nobody twice, even if its checkpoints are lost") {
  stock.is_down = true;
  const std::string id = order(2, 1);
  world.pass(1min);
  CHECK(payments.calls == 1);
  SECTION("crashed") {
    world.crash();
    stock.is_down = false;
    REQUIRE(world.finish());
    CHECK(payments.calls == 1);
  }
  SECTION("lost with its host") {
    world.lose_host();
    stock.is_down = false;
    REQUIRE(world.finish());
    CHECK(payments.calls == 2);  // the second one met its key
  }
  CHECK(world.run(id).status == RunStatus::kDone);
  CHECK(payments.charges.size() == 1);
  CHECK(mailer.sent.size() == 1);
}

TEST_CASE_METHOD(Shop, "a receipt that the relay puts off goes out later, once") {
  mailer.answers["ada@example.com"] = {pawl::mail::Delivery::kDeferred, "451 try later"};
  const std::string id = order(1, 1);
  world.pass(10ms);
  CHECK(ledger.row("ada@example.com").state == "deferred");
  mailer.answers.clear();
  mailer.sent.clear();
  REQUIRE(world.finish());
  CHECK(mailer.sent.size() == 1);
  CHECK(ledger.row("ada@example.com").state == "accepted");
}
