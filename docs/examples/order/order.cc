// What of an order is refused.
#include "order.h"

#include <set>

namespace shop {

namespace {

constexpr std::size_t kLinesMax = 100;

std::string whats_wrong(const Order& order) {
  std::set<std::string> skus;
  for (const Line& line : order.lines) {
    if (line.quantity < 1) return "orders " + std::to_string(line.quantity) + " of " + line.sku;
    if (!skus.insert(line.sku).second) return "orders " + line.sku + " twice";
  }
  if (order.lines.empty() || order.lines.size() > kLinesMax)
    return "has " + std::to_string(order.lines.size()) + " lines";
  return {};
}

}  // namespace

pawl::engine::Decoded<Order> decode_order(const std::string& payload) {
  auto decoded = pawl::engine::decode_json<Order>(payload);
  if (const auto* order = std::get_if<Order>(&decoded.input))
    if (const std::string wrong = whats_wrong(*order); !wrong.empty())
      return pawl::engine::PermanentError("payload: it " + wrong);
  return decoded;
}

}  // namespace shop
