// Declares the settings of mail, reads the relay's password, and makes mailers.
#include "workflows/mail/mail_part.h"

#include <mail_migrations.h>  // made by pawl_add_migrations
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "engine/authoring/errors.h"
#include "workflows/mail/faults/crash_points.h"
#include "workflows/mail/mail_url.h"
#include "workflows/mail/smtp/identity/password_file.h"
#include "workflows/mail/smtp/login.h"

namespace pawl::mail {

std::vector<workflow::Setting> MailPart::settings() {
  const auto take = [this](std::size_t word) {
    settings_.in_doubt = word == 0 ? InDoubtPolicy::kHold : InDoubtPolicy::kResend;
  };
  return {
      {.name = "mail",
       .value = &settings_.url,
       .meaning = "smtp://[USER@]HOST[:PORT], smtps://[USER@]HOST[:PORT] or maildir:PATH; required to mail",
       .required = "where mail goes: smtp://[USER@]HOST[:PORT], smtps://[USER@]HOST[:PORT] or maildir:PATH",
       .example = "maildir:mail",
       .in_replay = "null:"},
      {"mail-password-file", &settings_.password_file,
       "File whose first line is the relay's password or access token; read at each login"},
      {.name = "mail-from",
       .value = &settings_.from,
       .meaning = "The sender's address; required to mail",
       .required = "the sender's address, like alerts@example.com",
       .example = "alerts@example.com",
       .in_replay = "replay@replay.invalid"},
      {"mail-from-name", &settings_.from_name, "The sender's name beside that address"},
      {"reply-to", &settings_.reply_to, "The address that replies go to; default --mail-from"},
      {"mail-envelope-from", &settings_.envelope_from,
       "The envelope's sender, which bounces go to; default --mail-from"},
      {"in-doubt", workflow::Choice{{"hold", "resend"}, take},
       "A mail that may or may not have been sent: default resend"},
  };
}

storage::MigrationLines MailPart::migrations() const { return {&storage::mail_migrations()}; }

void MailPart::open(const workflow::WorkerContext& worker) { mailer_ = make_mailer(worker.secrets, {}, worker.warn); }

std::vector<std::string> MailPart::warnings() const {
  if (!is_smtp(settings_.url)) return {};
  auto warnings = smtp_warnings(smtp_options({settings_.url, "", settings_.password_file}));
  if (auto warning = password_file_warning(settings_.password_file)) warnings.push_back(std::move(*warning));
  return warnings;
}

std::vector<engine::CrashPlace> MailPart::crash_places() const {
  std::vector<engine::CrashPlace> places(kCrashPlaces.begin(), kCrashPlaces.end());
  places.insert(places.end(), kResolveCrashPlaces.begin(), kResolveCrashPlaces.end());
  return places;
}

std::unique_ptr<Mailer> MailPart::make_mailer(const std::shared_ptr<redaction::OwnSecrets>& secrets,
                                              const SmtpTrace& trace, const SmtpWarn& warn) const {
  try {
    // A password is read at each login; one that cannot be read now is a mistake of whoever starts the worker.
    if (!settings_.password_file.empty()) secrets->add(read_password(settings_.password_file));
    return mail::make_mailer({.url = settings_.url,
                              .password = "",
                              .password_file = settings_.password_file,
                              .secrets = secrets,
                              .trace = trace,
                              .warn = warn});
  } catch (const std::runtime_error& error) {
    throw engine::RefusedError(std::string("mail is not configured: ") + error.what());
  }
}

namespace {

constexpr std::string_view kMaildir = "maildir:";
constexpr std::string_view kCredentials = "/run/credentials/";  // a folder there is seen by its service alone

std::string check_maildir(const std::string& path) {
  std::error_code error;
  std::filesystem::path place = path;
  while (!place.empty() && !std::filesystem::exists(place, error))
    place = place.parent_path();  // it is made when needed
  if (place.empty()) place = ".";
  if (::access(place.c_str(), W_OK | X_OK) == 0) return "";
  return "mails cannot be written to " + path + ": " + std::strerror(errno);
}

}  // namespace

std::string MailPart::check_relay(const std::shared_ptr<redaction::OwnSecrets>& secrets, std::chrono::seconds at_most,
                                  const SmtpTrace& trace) const try {
  if (settings_.url.starts_with(kMaildir)) return check_maildir(settings_.url.substr(kMaildir.size()));
  if (!is_smtp(settings_.url)) return "";
  if (!settings_.password_file.empty()) secrets->add(read_password(settings_.password_file));
  SmtpOptions options = smtp_options({.url = settings_.url,
                                      .password = "",
                                      .password_file = settings_.password_file,
                                      .secrets = secrets,
                                      .trace = trace});
  options.login_timeout = std::min(options.login_timeout, at_most);
  SmtpFindings findings;
  SmtpEnding ending;
  try {
    log_in(
        options, findings, [] { return false; }, ending)
        .channel->quit();
  } catch (const SmtpChannelError& error) {
    std::string trouble = error.what();
    if (!ending.reply.text.empty()) trouble.append(": ").append(ending.reply.text);
    return trouble;
  }
  return "";
} catch (const std::runtime_error& error) {
  return error.what();
}

std::string MailPart::hidden_password_file() const {
  const std::string& file = settings_.password_file;
  if (file.empty() || ::access(file.c_str(), R_OK) == 0) return "";
  return errno == EACCES || file.starts_with(kCredentials) ? file : "";
}

}  // namespace pawl::mail
