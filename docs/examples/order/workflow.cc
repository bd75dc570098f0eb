// The coroutine: what happens to an order, whatever dies meanwhile.
#include "workflow.h"

#include <pawl/engine/authoring/run.h>

#include "receipt.h"

namespace shop {

using pawl::engine::Run;
using pawl::engine::StepFailed;
using pawl::engine::Workflow;

namespace {

Workflow fulfil(Run run, Order order, const OrderSteps& steps) {
  const Charge& charge = co_await run.step(steps.charge_card, order);

  std::string missing;
  const auto reserved = run.start_each(steps.reserve_item, order.lines);  // all at once, a checkpoint each
  try {
    co_await run.all(reserved);  // waits for all, then throws the first failure
  } catch (const StepFailed& failed) {
    missing = failed.what();
  }

  if (!missing.empty()) {
    co_await run.step(steps.release_items, order.lines);
    co_await run.step(steps.refund_card, charge);
    run.note("refunded: " + missing);
    co_return;
  }
  const pawl::mail::MailRequest receipt{std::make_shared<Receipt>(order, charge), "", order.email};
  const pawl::mail::MailReceipt& sent = co_await run.step(steps.send_receipt, receipt);
  if (sent.state == "suppressed") run.note("no receipt to the customer: " + sent.detail);
}

}  // namespace

OrderSteps::OrderSteps(Payments& payments, Stock& stock, pawl::mail::MailLedger& ledger, pawl::mail::Mailer& mailer,
                       const pawl::mail::Sender& sender, pawl::engine::RetryPolicy receipts)
    : charge_card(payments),
      reserve_item(stock),
      release_items(stock),
      refund_card(payments),
      send_receipt("send-receipt", ledger, mailer, sender, {.retry = receipts, .batch_max = 0}) {}

pawl::engine::WorkflowDefinition fulfil_order(OrderSteps& steps) {
  return pawl::engine::define<Order>({
      .name = "fulfil-order",
      .event_type = "shop/order.placed",
      .body = [&steps](Run run, Order order) { return fulfil(run, std::move(order), steps); },
      .steps = {&steps.charge_card, &steps.reserve_item, &steps.release_items, &steps.refund_card, &steps.send_receipt},
      .decode = decode_order,
  });
}

}  // namespace shop
