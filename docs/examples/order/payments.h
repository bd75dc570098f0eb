// The port to whoever takes and gives back money.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace shop {

struct Charge {
  std::string id;
  int cents = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Charge, id, cents)

/// Both do nothing for a key that they have seen, and answer as they did then. They throw PermanentError where the
/// answer is no, UnavailableError where there is none. Safe to call from several threads.
class Payments {
 public:
  virtual ~Payments() = default;
  virtual Charge charge(const std::string& key, const std::string& card, int cents) = 0;
  virtual void refund(const std::string& key, const Charge& charge) = 0;
};

}  // namespace shop
