// Mails into a Maildir: what development and the demo read instead of a mailbox.
#pragma once

#include <filesystem>
#include <string>

#include "workflows/mail/message/mailer.h"

namespace pawl::mail {

/// Writes each message to PATH/tmp, syncs it and renames it into PATH/new. The file is named after the message id, so
/// that the same message sent again replaces itself: no second copy, as long as no mail reader has moved the first to
/// PATH/cur. Failures of the disk are kRelayDown with the system's reason.
class MaildirMailer final : public Mailer {
 public:
  /// Creates PATH/tmp, PATH/new and PATH/cur where they are missing; a failure shows when mail is sent.
  explicit MaildirMailer(std::filesystem::path maildir);

  std::vector<DeliveryReport> send(std::span<const Envelope> envelopes) override;
  std::size_t width() const override { return 100; }

 private:
  DeliveryReport store(const Envelope& envelope) const;

  std::filesystem::path maildir_;
};

}  // namespace pawl::mail
