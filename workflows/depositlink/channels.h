// The two ways in which people are told: steps that workflows share, so that one relay has one circuit and one batch.
#pragma once

#include <map>

#include "workflows/depositlink/create_in_app.h"
#include "workflows/mail/send_mail.h"

namespace pawl::depositlink {

/// Not owned; all outlive the steps. The mailer is used by the step `send-email` alone.
struct ChannelPorts {
  Inbox& inbox;
  mail::MailLedger& ledger;
  mail::Mailer& mailer;
};

struct ChannelOptions {
  engine::StepOptions create_in_app{.refused_subjects_max = 2};
  engine::StepOptions send_email{.retry = mail::kMailRetry, .batch_max = 0};  ///< As SendMail takes them.
};

/// How a workflow tries the steps again.
struct ChannelRetries {
  engine::RetryPolicy create_in_app{};
  engine::RetryPolicy send_email = mail::kMailRetry;
};

/// They outlive every runner, over lost leases too: send-email remembers what the ledger could not be told.
struct Channels {
  /// Throws engine::RefusedError for a sender that cannot be used.
  Channels(const ChannelPorts& ports, const mail::Sender& sender, const ChannelOptions& options)
      : create_in_app(ports.inbox, options.create_in_app),
        send_email("send-email", ports.ledger, ports.mailer, sender, options.send_email) {}

  /// Of a workflow's definition.
  std::map<const engine::StepBase*, engine::RetryPolicy> retries(const ChannelRetries& given) const {
    return {{&create_in_app, given.create_in_app}, {&send_email, given.send_email}};
  }

  CreateInApp create_in_app;
  mail::SendMail send_email;
};

}  // namespace pawl::depositlink
