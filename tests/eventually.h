// Waiting for what another thread, process or server does.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>

namespace pawl::tests {

/// Whether the condition became true within three minutes. The deadline is for a broken program, not a measure of a
/// working one. Asks again every five milliseconds, so that what is waited for gets the processor.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{3};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    poll(nullptr, 0, 5);
  }
  return true;
}

}  // namespace pawl::tests
