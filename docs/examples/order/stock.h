// The port to what is on the shelves.
#pragma once

#include <string>
#include <vector>

#include "order.h"

namespace shop {

/// Safe to call from several threads.
class Stock {
 public:
  virtual ~Stock() = default;

  /// Takes the line's items off the shelf, once under an `effects_id`; false where there are not enough, or its own
  /// were released before.
  virtual bool reserve(const std::string& effects_id, const Line& line) = 0;

  /// Puts back what it has of these lines, once. It can reserve nothing of them from then on.
  virtual void release(const std::string& effects_id, const std::vector<Line>& lines) = 0;
};

}  // namespace shop
