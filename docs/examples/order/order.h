// An order, as the event `shop/order.placed` brings it.
#pragma once

#include <pawl/engine/authoring/define.h>

#include <string>
#include <vector>

namespace shop {

struct Line {
  std::string sku;
  int quantity = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Line, sku, quantity)

struct Order {
  std::string number;
  std::string email;
  std::string card;  ///< The payment service's token for it: good for this shop alone.
  int cents = 0;
  std::vector<Line> lines;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Order, number, email, card, cents, lines)

/// Refuses what could not be fulfilled, before anything is charged.
pawl::engine::Decoded<Order> decode_order(const std::string& payload);

}  // namespace shop
