// Reads the relay's password and makes the mailer.
#include "bin/settings/relay.h"

#include "bin/settings/command_error.h"
#include "workflows/mail/mail_url.h"
#include "workflows/mail/smtp/password_file.h"

namespace pawl::bin {

std::unique_ptr<mail::Mailer> make_relay(const Settings& settings,
                                         const std::shared_ptr<redaction::OwnSecrets>& secrets,
                                         const mail::SmtpTrace& trace) {
  try {
    // A password is read at each login; one that cannot be read now is a mistake of whoever starts the worker.
    if (!settings.mail_password_file.empty()) secrets->add(mail::read_password(settings.mail_password_file));
    return mail::make_mailer({.url = settings.mail,
                              .password = "",
                              .password_file = settings.mail_password_file,
                              .secrets = secrets,
                              .trace = trace});
  } catch (const std::runtime_error& error) {
    throw UsageError(std::string("mail is not configured: ") + error.what());
  }
}

std::vector<std::string> relay_warnings(const Settings& settings) {
  if (!mail::is_smtp(settings.mail)) return {};
  auto warnings = mail::smtp_warnings(mail::smtp_options({settings.mail, "", settings.mail_password_file}));
  if (auto warning = mail::password_file_warning(settings.mail_password_file)) warnings.push_back(std::move(*warning));
  return warnings;
}

}  // namespace pawl::bin
