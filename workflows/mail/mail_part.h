// Mail as a part of a worker that several workflows use: one relay, one sender.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "workflows/mail/ledger/postgres_mail_ledger.h"
#include "workflows/mail/message/mailer.h"
#include "workflows/mail/message/sender.h"
#include "workflows/mail/smtp/options.h"
#include "workflows/module/part.h"

namespace pawl::mail {

struct MailSettings {
  std::string url;  ///< As make_mailer takes it.
  std::string password_file;
  std::string from, from_name, reply_to, envelope_from;
  InDoubtPolicy in_doubt = InDoubtPolicy::kResend;
};

class MailPart final : public workflow::SharedPart {
 public:
  std::string name() const override { return "mail"; }
  std::vector<workflow::Setting> settings() override;
  storage::MigrationLines migrations() const override;
  std::vector<engine::CrashPlace> crash_places() const override;
  void open(const workflow::WorkerContext& worker) override;
  std::vector<std::string> warnings() const override;

  const MailSettings& given() const { return settings_; }
  Sender sender() const { return {settings_.from, settings_.from_name, settings_.reply_to, settings_.envelope_from}; }

  /// The mailer that the settings ask for, beside the worker's own. Its password is added to `secrets`; `trace` is told
  /// what happens on its connections, `warn` what there is to warn of. Throws engine::RefusedError for a URL of no
  /// known form and for a password file that cannot be read.
  std::unique_ptr<Mailer> make_mailer(const std::shared_ptr<redaction::OwnSecrets>& secrets,
                                      const SmtpTrace& trace = {}, const SmtpWarn& warn = {}) const;

  /// Connects to the relay and logs in, sends nothing and says QUIT. Returns what stands in the way, for whoever has to
  /// act on it; empty: nothing does. For a Maildir, whether it can be written to. Blocks for `at_most` and a moment.
  std::string check_relay(const std::shared_ptr<redaction::OwnSecrets>& secrets, std::chrono::seconds at_most,
                          const SmtpTrace& trace = {}) const;

  /// The password file where this user may not read it, as a credential that only the worker's service has; else empty.
  std::string hidden_password_file() const;

  /// The worker's own; only once open.
  Mailer& mailer() { return *mailer_; }

 private:
  MailSettings settings_;
  std::unique_ptr<Mailer> mailer_;
};

}  // namespace pawl::mail
