// The shop's ports in memory.
#pragma once

#include <pawl/engine/authoring/errors.h>

#include <map>
#include <set>
#include <stdexcept>

#include "../payments.h"
#include "../stock.h"

namespace shop {

struct MemoryPayments final : Payments {
  Charge charge(const std::string& key, const std::string& card, int cents) override {
    ++calls;
    if (card == "tok_empty") throw pawl::engine::PermanentError("declined");
    if (refusals > 0 && refusals--) throw std::runtime_error("HTTP 503");
    return charges.try_emplace(key, Charge{"ch_" + std::to_string(charges.size() + 1), cents}).first->second;
  }
  void refund(const std::string& key, const Charge& charge) override { refunds[key] = charge.id; }

  std::map<std::string, Charge> charges;       ///< By key.
  std::map<std::string, std::string> refunds;  ///< The charge's id by key.
  int calls = 0;
  int refusals = 0;  ///< So many calls are refused for now.
};

struct MemoryStock final : Stock {
  bool reserve(const std::string& effects_id, const Line& line) override {
    if (is_down) throw pawl::engine::UnavailableError("the database does not answer");
    const auto key = std::pair{effects_id, line.sku};
    if (released.contains(key)) return false;
    if (reserved.contains(key)) return true;
    if (on_shelf[line.sku] < line.quantity) return false;
    on_shelf[line.sku] -= line.quantity;
    reserved[key] = line.quantity;
    return true;
  }
  void release(const std::string& effects_id, const std::vector<Line>& lines) override {
    for (const Line& line : lines) {
      const auto key = std::pair{effects_id, line.sku};
      if (released.insert(key).second) on_shelf[line.sku] += reserved[key];
    }
  }

  std::map<std::string, int> on_shelf;
  std::map<std::pair<std::string, std::string>, int> reserved;  ///< By event and sku.
  std::set<std::pair<std::string, std::string>> released;
  bool is_down = false;
};

}  // namespace shop
