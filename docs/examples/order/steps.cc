// The names of the steps, which are on disk for ever, and their effects.
#include "steps.h"

namespace shop {

namespace {

// A call may take ten seconds: few items a call, and several calls at once.
constexpr pawl::engine::StepOptions kOverHttp{.batch_max = 10, .parallelism = 4};

}  // namespace

ChargeCard::ChargeCard(Payments& payments) : ItemStep("charge-card", kOverHttp), payments_(payments) {}

Charge ChargeCard::execute_item(const Item<Order, Charge>& item) {
  return payments_.charge(idempotency_key(item), item.input().card, item.input().cents);
}

ReserveItem::ReserveItem(Stock& stock) : ItemStep("reserve-item", {}), stock_(stock) {}

Done ReserveItem::execute_item(const Item<Line, Done>& item) {
  if (!stock_.reserve(item.effects_id(), item.input())) throw pawl::engine::PermanentError("out of stock");
  return {};
}

ReleaseItems::ReleaseItems(Stock& stock) : ItemStep("release-items", {}), stock_(stock) {}

Done ReleaseItems::execute_item(const Item<std::vector<Line>, Done>& item) {
  stock_.release(item.effects_id(), item.input());
  return {};
}

RefundCard::RefundCard(Payments& payments) : ItemStep("refund-card", kOverHttp), payments_(payments) {}

Done RefundCard::execute_item(const Item<Charge, Done>& item) {
  payments_.refund(idempotency_key(item), item.input());
  return {};
}

}  // namespace shop
