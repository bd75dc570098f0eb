// A value that few of its owners have, or that would make them large.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace pawl::engine {

/// A value on the heap, or none, in the room of a pointer. Owned by its owner and copied with it; where there is none,
/// an empty one is read.
template <class Value>
class Boxed {
 public:
  Boxed() = default;
  Boxed(std::optional<Value> value) : value_(value ? std::make_unique<Value>(std::move(*value)) : nullptr) {}
  Boxed(Value value) : value_(std::make_unique<Value>(std::move(value))) {}
  Boxed(const Boxed& other) : value_(other ? std::make_unique<Value>(*other) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(Boxed other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }
  ~Boxed() = default;

  explicit operator bool() const { return value_ != nullptr; }
  const Value& operator*() const {
    static const Value none{};
    return value_ ? *value_ : none;
  }
  const Value* operator->() const { return &**this; }

 private:
  std::unique_ptr<Value> value_;
};

}  // namespace pawl::engine
