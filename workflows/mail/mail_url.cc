// Reads PAWL_MAIL.
#include "workflows/mail/mail_url.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <charconv>

#include "engine/errors.h"
#include "workflows/mail/address.h"
#include "workflows/mail/maildir_mailer.h"
#include "workflows/mail/null_mailer.h"
#include "workflows/mail/smtp_mailer.h"

namespace pawl::mail {
namespace {

constexpr int kConnectionsMax = 1000;
constexpr int kSecondsMax = 24 * 60 * 60;

[[noreturn]] void refuse(const std::string& what) {
  throw engine::RefusedError(
      "cannot use PAWL_MAIL: " + what +
      "; set it to smtp://[user@]host[:port], smtps://[user@]host[:port], maildir:PATH or null:");
}

int number_of(const std::string& name, const std::string& text, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 1 || number > most)
    refuse(name + "= wants a number from 1 to " + std::to_string(most));
  return number;
}

std::chrono::seconds* timeout_named(const std::string& name, SmtpOptions& options) {
  if (name == "login-timeout") return &options.login_timeout;
  if (name == "reply-timeout") return &options.reply_timeout;
  if (name == "final-timeout") return &options.final_timeout;
  return nullptr;
}

void read_option(const std::string& name, const std::string& value, const std::string& scheme, SmtpOptions& options) {
  if (name == "tls") {
    if (value != "none" || scheme != "smtp") refuse("tls=none is the only form of tls=, and only smtp:// takes it");
    options.tls = SmtpTls::kNone;
  } else if (name == "ca") {
    options.ca_file = value;
  } else if (name == "connections") {
    options.connections = static_cast<std::size_t>(number_of(name, value, kConnectionsMax));
  } else if (auto* timeout = timeout_named(name, options)) {
    *timeout = std::chrono::seconds{number_of(name, value, kSecondsMax)};
  } else {
    refuse("it has an option other than tls=, ca=, connections=, login-timeout=, reply-timeout= and final-timeout=");
  }
}

void read_login(const Poco::URI& uri, const std::string& password, SmtpOptions& options) {
  const std::string& user = uri.getUserInfo();
  if (user.find(':') != std::string::npos)
    refuse("a password does not belong there; put it into PAWL_MAIL_PASSWORD_FILE");
  if (user.empty()) return;
  Poco::URI::decode(user, options.username);
  if (password.empty()) refuse("it names a user but there is no password; set PAWL_MAIL_PASSWORD_FILE");
  options.password = password;
}

// Where the relay is: nothing but what the connection itself needs.
std::string relay_url(const Poco::URI& uri, bool with_login) {
  const std::string& host = uri.getHost();
  if (host.empty()) refuse("it names no host");
  const bool ipv6 = host.find(':') != std::string::npos;
  if (!ipv6 && why_unusable("postmaster@" + host)) refuse("its host is not a host name or address");
  const int unnamed = uri.getScheme() == "smtps" ? 465 : with_login ? 587 : 25;
  const int port = uri.getSpecifiedPort() ? uri.getSpecifiedPort() : unnamed;
  std::string url = uri.getScheme() + "://" + (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  const std::string ehlo = uri.getPath().empty() ? "" : uri.getPath().substr(1);
  if (ehlo.empty()) return url;
  if (why_unusable("postmaster@" + ehlo)) refuse("its path is not a host name to say in EHLO");
  return url + "/" + ehlo;
}

Poco::URI parsed(const std::string& url) {
  try {
    return Poco::URI(url);
  } catch (const Poco::Exception&) {
    refuse("it is not a url");
  }
}

}  // namespace

SmtpOptions smtp_options(const MailerConfig& config) {
  const Poco::URI uri = parsed(config.url);
  if (uri.getScheme() != "smtp" && uri.getScheme() != "smtps") refuse("its scheme is not known");
  SmtpOptions options;
  read_login(uri, config.password, options);
  options.url = relay_url(uri, !options.username.empty());
  for (const auto& [name, value] : uri.getQueryParameters()) read_option(name, value, uri.getScheme(), options);
  return options;
}

std::unique_ptr<Mailer> make_mailer(const MailerConfig& config) {
  constexpr std::string_view kMaildir = "maildir:";
  if (config.url.empty()) refuse("it is not set");
  if (config.url == "null:") return std::make_unique<NullMailer>();
  if (!config.url.starts_with(kMaildir)) return std::make_unique<SmtpMailer>(smtp_options(config));
  const std::string path = config.url.substr(kMaildir.size());
  if (path.empty()) refuse("maildir: names no folder");
  return std::make_unique<MaildirMailer>(path);
}

}  // namespace pawl::mail
