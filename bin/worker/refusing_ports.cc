// The refusals.
#include "bin/worker/refusing_ports.h"

#include "engine/authoring/errors.h"

namespace pawl::bin {

namespace {

[[noreturn]] void refuse(const char* what) {
  throw engine::WorkflowBug(std::string("replay was about to ") + what + ": it executes no step; report this as a bug");
}

}  // namespace

std::vector<notify_sync_failure::Recipients> RefusingPorts::owners_and_admins(std::span<const std::string>) {
  refuse("look up recipients");
}
std::vector<int> RefusingPorts::post(std::span<const notify_sync_failure::Notification>) {
  refuse("create notifications");
}
std::vector<mail::LedgerEntry> RefusingPorts::claim(std::span<const mail::LedgerRequest>) { refuse("claim mails"); }
void RefusingPorts::settle(std::span<const mail::LedgerVerdict>) { refuse("settle mails"); }
std::vector<mail::DeliveryReport> RefusingPorts::send(std::span<const mail::Envelope>) { refuse("send mail"); }

}  // namespace pawl::bin
