// The steps of an order: each has one effect, under a key that makes doing it twice harmless.
#pragma once

#include <pawl/engine/authoring/item_step.h>

#include "order.h"
#include "payments.h"
#include "stock.h"

namespace shop {

using pawl::engine::Done;
using pawl::engine::Item;
using pawl::engine::ItemStep;

class ChargeCard final : public ItemStep<Order, Charge> {
 public:
  explicit ChargeCard(Payments& payments);
  Charge execute_item(const Item<Order, Charge>& item) override;

 private:
  Payments& payments_;
};

class ReserveItem final : public ItemStep<Line, Done> {
 public:
  explicit ReserveItem(Stock& stock);
  std::string key(const Line& line) const override { return line.sku; }  // tells the lines of an order apart
  Done execute_item(const Item<Line, Done>& item) override;

 private:
  Stock& stock_;
};

class ReleaseItems final : public ItemStep<std::vector<Line>, Done> {
 public:
  explicit ReleaseItems(Stock& stock);
  Done execute_item(const Item<std::vector<Line>, Done>& item) override;

 private:
  Stock& stock_;
};

class RefundCard final : public ItemStep<Charge, Done> {
 public:
  explicit RefundCard(Payments& payments);
  Done execute_item(const Item<Charge, Done>& item) override;

 private:
  Payments& payments_;
};

}  // namespace shop
