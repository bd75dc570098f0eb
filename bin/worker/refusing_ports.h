// Ports for replay: whoever touches the world through them is told that it must not.
#pragma once

#include "workflows/notify_sync_failure/workflow.h"

namespace pawl::bin {

/// Replay executes no step, so nothing ever calls these; should that change, the call throws engine::WorkflowBug
/// instead of having an effect.
class RefusingPorts final : public notify_sync_failure::RecipientDirectory,
                            public notify_sync_failure::Inbox,
                            public mail::MailLedger,
                            public mail::Mailer {
 public:
  notify_sync_failure::SyncFailurePorts ports() { return {*this, *this, *this, *this}; }

  std::vector<notify_sync_failure::Recipients> owners_and_admins(std::span<const std::string> org_ids) override;
  std::vector<int> post(std::span<const notify_sync_failure::Notification> notifications) override;
  std::vector<mail::LedgerEntry> claim(std::span<const mail::LedgerRequest> requests) override;
  void settle(std::span<const mail::LedgerVerdict> verdicts) override;
  std::vector<mail::DeliveryReport> send(std::span<const mail::Envelope> envelopes) override;
  std::size_t width() const override { return 1; }
};

/// What the workflows need to be built where none of their steps will run.
inline constexpr const char* kNoAppUrl = "https://replay.invalid";
inline constexpr const char* kNoMailFrom = "replay@replay.invalid";

}  // namespace pawl::bin
