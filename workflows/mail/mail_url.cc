// Reads PAWL_MAIL.
#include "workflows/mail/mail_url.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <charconv>

#include "engine/authoring/errors.h"
#include "workflows/mail/maildir_mailer.h"
#include "workflows/mail/message/address.h"
#include "workflows/mail/null_mailer.h"
#include "workflows/mail/smtp/identity/ehlo_name.h"
#include "workflows/mail/smtp/mailer.h"

namespace pawl::mail {
namespace {

constexpr int kConnectionsMax = 1000;
constexpr int kSecondsMax = 24 * 60 * 60;
constexpr int kRelayPort = 25;
constexpr int kTlsPort = 465;
constexpr int kSubmissionPort = 587;

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

void read_tls(const std::string& value, const std::string& scheme, SmtpOptions& options) {
  if (value == "required") {
    options.tls = SmtpTls::kEverywhere;
  } else if (value == "none" && scheme == "smtp") {
    options.tls = SmtpTls::kNone;
  } else {
    refuse("tls= is required or, with smtp:// only, none");
  }
}

std::string read_ehlo(const std::string& value) {
  if (!is_ehlo_name(value))
    refuse("ehlo= wants a host name of letters, digits, hyphens and dots, or an address such as [192.0.2.7]");
  return value;
}

SaslMechanism read_auth(const std::string& value) {
  const auto mechanism = sasl_mechanism(value);
  if (!mechanism) refuse("auth= is one of plain, login, cram-md5, xoauth2 and oauthbearer");
  return *mechanism;
}

bool read_switch(const std::string& name, const std::string& value) {
  if (value != "on" && value != "off") refuse(name + "= is on or off");
  return value == "on";
}

void read_option(const std::string& name, const std::string& value, const std::string& scheme, SmtpOptions& options) {
  if (name == "tls") {
    read_tls(value, scheme, options);
  } else if (name == "ca") {
    options.ca_file = value;
  } else if (name == "ehlo") {
    options.ehlo = read_ehlo(value);
  } else if (name == "auth") {
    options.auth = read_auth(value);
  } else if (name == "pipelining") {
    options.pipelining = read_switch(name, value);
  } else if (name == "connections") {
    options.connections = static_cast<std::size_t>(number_of(name, value, kConnectionsMax));
  } else if (auto* timeout = timeout_named(name, options)) {
    *timeout = std::chrono::seconds{number_of(name, value, kSecondsMax)};
  } else {
    refuse(
        "it has an option other than tls=, ca=, ehlo=, auth=, pipelining=, connections=, login-timeout=, "
        "reply-timeout= and final-timeout=");
  }
}

void read_login(const Poco::URI& uri, const MailerConfig& config, SmtpOptions& options) {
  const std::string& user = uri.getUserInfo();
  if (user.find(':') != std::string::npos)
    refuse("a password does not belong there; put it into PAWL_MAIL_PASSWORD_FILE");
  if (user.empty()) return;
  Poco::URI::decode(user, options.username);
  if (config.password.empty() && config.password_file.empty())
    refuse("it names a user but there is no password; set PAWL_MAIL_PASSWORD_FILE");
  options.password = config.password;
  options.password_file = config.password_file;
}

bool is_visible(char c) { return c > ' ' && c < 0x7F; }

// Where the relay is: nothing but what the connection itself needs.
void read_relay(const Poco::URI& uri, SmtpOptions& options) {
  options.host = uri.getHost();
  if (options.host.empty()) refuse("it names no host");
  const bool ipv6 = options.host.find(':') != std::string::npos;
  const std::string address = ipv6 ? "[IPv6:" + options.host.substr(0, options.host.find('%')) + "]" : options.host;
  if (why_unusable("postmaster@" + address) || !std::ranges::all_of(options.host, is_visible))
    refuse("its host is not a host name or address");
  options.implicit_tls = uri.getScheme() == "smtps";
  const int unnamed = options.implicit_tls ? kTlsPort : options.username.empty() ? kRelayPort : kSubmissionPort;
  options.port = uri.getSpecifiedPort() ? uri.getSpecifiedPort() : unnamed;
  options.url =
      uri.getScheme() + "://" + (ipv6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
  if (uri.getPath().size() > 1) refuse("it has a path; the name to say in EHLO is given by ?ehlo=");
}

// Providers' users are addresses: what is up to the last `@` before the host is the user.
std::string with_user_encoded(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const std::size_t from = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", from), url.size());
  const std::size_t host = url.substr(0, end).rfind('@');
  if (host == std::string::npos || host < from) return url;
  std::string encoded = url.substr(0, from);
  for (const char c : url.substr(from, host - from)) encoded += c == '@' ? "%40" : std::string(1, c);
  return encoded + url.substr(host);
}

Poco::URI parsed(const std::string& url) {
  try {
    return Poco::URI(with_user_encoded(url));
  } catch (const Poco::Exception&) {
    refuse("it is not a url");
  }
}

bool is_this_host(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

}  // namespace

// The user and the options are decoded when they are read, and may turn out not to be encoded.
SmtpOptions smtp_options(const MailerConfig& config) try {
  const Poco::URI uri = parsed(config.url);
  if (uri.getScheme() != "smtp" && uri.getScheme() != "smtps") refuse("its scheme is not known");
  SmtpOptions options;
  options.secrets = config.secrets;
  options.trace = config.trace;
  options.warn = config.warn;
  read_login(uri, config, options);
  read_relay(uri, options);
  for (const auto& [name, value] : uri.getQueryParameters()) read_option(name, value, uri.getScheme(), options);
  return options;
} catch (const Poco::Exception&) {
  refuse("a % in it is not followed by two hexadecimal digits; write % itself as %25");
}

bool is_smtp(const std::string& url) { return url.starts_with("smtp://") || url.starts_with("smtps://"); }

std::vector<std::string> smtp_warnings(const SmtpOptions& options) {
  std::vector<std::string> warnings;
  if (options.tls == SmtpTls::kNone && !options.username.empty())
    warnings.emplace_back("the relay's password goes over the wire in clear: PAWL_MAIL says tls=none");
  if (options.tls == SmtpTls::kRequired && !options.implicit_tls && is_this_host(options.host))
    warnings.emplace_back(
        "mail goes without TLS where the relay on this host offers no STARTTLS; tls=required in PAWL_MAIL forbids it");
  if (options.port == kTlsPort && !options.implicit_tls)
    warnings.emplace_back("port 465 speaks TLS from the first byte: write smtps:// instead of smtp:// in PAWL_MAIL");
  return warnings;
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
