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

  /// Takes the line's items off the shelf, once an event; false where there are not enough, or the event's were
  /// released before.
  virtual bool reserve(const std::string& event_id, const Line& line) = 0;

  /// Puts back what the event has of these lines, once. The event can reserve nothing of them from then on.
  virtual void release(const std::string& event_id, const std::vector<Line>& lines) = 0;
};

}  // namespace shop
