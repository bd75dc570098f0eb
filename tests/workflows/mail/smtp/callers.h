// Sends as a worker does: as many threads as the mailer is worth calling from, each with a part of the envelopes.
#pragma once

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "workflows/mail/message/mailer.h"

namespace pawl::mail {

/// One report an envelope, in order.
inline std::vector<DeliveryReport> send_from_many(Mailer& mailer, const std::vector<Envelope>& envelopes) {
  std::vector<DeliveryReport> reports(envelopes.size());
  std::atomic<std::size_t> next = 0;
  const auto serve = [&] {
    for (std::size_t i = next++; i < envelopes.size(); i = next++) reports[i] = mailer.send({&envelopes[i], 1}).at(0);
  };
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < mailer.calls(); ++i) callers.emplace_back(serve);
  for (std::thread& caller : callers) caller.join();
  return reports;
}

}  // namespace pawl::mail
