// Talks to the relay until it knows us.
#include "workflows/mail/smtp/login.h"

#include <algorithm>

#include "workflows/mail/smtp/identity/password_file.h"
#include "workflows/text/ascii.h"

namespace pawl::mail {
namespace {

using Clock = SmtpPatience::Clock;

constexpr int kTlsPort = 465;  // RFC 8314, section 3.3
constexpr int kChallengesMax = 8;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

// Whether the mechanism is refused, not the password. By its code a 534 says so (RFC 4954, section 6), but Gmail says
// it of passwords.
bool blames_mechanism(const SmtpReply& reply) {
  if (reply.code == 538 || (reply.code >= 500 && reply.code <= 504)) return true;
  const std::string words = text::lower_cased(reply.text);
  return reply.permanent() && (words.find("mechanism") != words.npos || words.find("too weak") != words.npos);
}

class Login {
 public:
  Login(const SmtpOptions& options, SmtpFindings& findings, const SmtpChannel::Interrupted& interrupted)
      : options_(options), findings_(findings), patience_{Clock::now() + options.login_timeout, interrupted} {}

  void run() {
    if (!options_.username.empty()) read_secret();
    channel_ = std::make_unique<SmtpChannel>(options_, patience_);
    const SmtpSocket& socket = channel_->socket();
    options_.tell("connect",
                  options_.url + " is " + socket.peer() + ", reached from " + socket.local_address_literal());
    if (options_.implicit_tls) start_tls();
    greet();
    introduce();
    secure();
    if (!options_.username.empty()) authenticate();
  }

  SmtpSession session() && { return {std::move(channel_), std::move(capabilities_)}; }
  void note(SmtpEnding& ending) const {
    if (channel_) ending.reply = channel_->last_reply();
    ending.tried_login = tried_login_;
  }

 private:
  void read_secret() try {
    const std::string secret =
        options_.password_file.empty() ? options_.password : read_password(options_.password_file);
    options_.secrets->add(secret);
    credentials_ = {options_.username, secret, options_.host, options_.port};
  } catch (const std::runtime_error& error) {
    throw SmtpChannelError("mail relay " + options_.url + ": not logged in: " + error.what(), false);
  }

  SmtpReply hear(const std::string& what, std::vector<std::string>* lines = nullptr) {
    SmtpReply reply = channel_->hear(patience_, lines);
    options_.tell(what, reply.text);
    return reply;
  }

  SmtpReply ask(const std::string& command, const std::string& what, std::vector<std::string>* lines = nullptr) {
    channel_->say(command + "\r\n", options_.login_timeout, patience_.interrupted);
    return hear(what, lines);
  }

  TrustStore::Context trusted() try {
    return findings_.trust_store().context(options_.ca_file);
  } catch (const std::runtime_error& error) {
    channel_->fail(error.what());
  }

  void start_tls() {
    channel_->socket().start_tls(trusted(), patience_);
    options_.tell("TLS", channel_->socket().tls() + ", certificate verified for " + options_.host);
  }

  // A relay that waits for TLS says nothing: before the time is over it is asked whether that is why.
  void greet() {
    const Clock::duration spare =
        std::min<Clock::duration>(std::chrono::seconds{5}, Clock::duration(options_.login_timeout) / 4);
    const bool port_of_tls = options_.port == kTlsPort && !options_.implicit_tls;
    const Clock::time_point silent_until = port_of_tls ? Clock::now() + spare : patience_.until - spare;
    if (!channel_->await_reply({silent_until, patience_.interrupted})) {
      if (!options_.implicit_tls && channel_->socket().answers_tls(patience_))
        channel_->fail("the port speaks TLS from the first byte: write smtps:// instead of smtp:// in PAWL_MAIL");
      channel_->fail("no greeting in time");
    }
    if (!hear("greeting").positive()) channel_->fail("it refuses connections");
  }

  void introduce() {
    std::string name = options_.ehlo.empty() ? findings_.host_name() : options_.ehlo;
    if (name.empty()) name = channel_->socket().local_address_literal();
    std::vector<std::string> lines;
    const SmtpReply reply = ask("EHLO " + name, "EHLO " + name, &lines);
    capabilities_ = reply.positive() ? read_capabilities(lines) : SmtpCapabilities{};
    // A server from before 1995 knows HELO only (RFC 5321, section 3.2).
    const bool unknown = reply.code == 500 || reply.code == 502;
    if (!reply.positive() && !(unknown && ask("HELO " + name, "HELO " + name).positive()))
      channel_->fail("EHLO " + name + " was refused");
  }

  void secure() {
    if (options_.implicit_tls || options_.tls == SmtpTls::kNone) return;
    if (!capabilities_.starttls) {
      if (options_.tls == SmtpTls::kRequired && channel_->socket().peer_is_local()) return go_without_tls();
      channel_->fail("it offers no STARTTLS (TLS is required unless PAWL_MAIL says ?tls=none)");
    }
    if (ask("STARTTLS", "STARTTLS").code != 220)
      channel_->fail("STARTTLS was refused (TLS is required unless PAWL_MAIL says ?tls=none)");
    // Whoever is in between could put words into what comes after TLS (CVE-2011-0411).
    if (!channel_->quiet()) channel_->fail("it said more before TLS than it was asked, or closed");
    start_tls();
    introduce();
  }

  void go_without_tls() {
    options_.tell("TLS", "none: a relay on this host that offers no STARTTLS");
    if (options_.warn && findings_.goes_without_tls())
      options_.warn("mail goes without TLS, since " + options_.url + " is " + channel_->socket().peer() +
                    " and offers no STARTTLS; tls=required in PAWL_MAIL forbids it");
  }

  void authenticate() {
    const std::string offered = joined(capabilities_.mechanisms);
    std::vector<SaslMechanism> candidates = sasl_candidates(options_.auth, capabilities_.mechanisms);
    if (candidates.empty())
      channel_->fail("it offers no login that a password serves (offered: " + offered +
                     "; known: PLAIN, LOGIN, CRAM-MD5; auth= in PAWL_MAIL chooses one, or XOAUTH2 or OAUTHBEARER)");
    if (const auto last = findings_.mechanism())
      std::stable_partition(candidates.begin(), candidates.end(),
                            [&](SaslMechanism mechanism) { return mechanism == *last; });
    std::vector<std::string> tried;
    for (const SaslMechanism mechanism : candidates) {
      const SmtpReply reply = try_login(mechanism, tried);
      if (reply.positive()) return findings_.logged_in(mechanism);
      const bool last = mechanism == candidates.back();
      if (last || !(blames_mechanism(reply) || (reply.permanent() && findings_.take_second_try()))) break;
    }
    channel_->fail("the login as " + options_.username + " was refused (mechanisms tried: " + joined(tried) +
                   "; offered: " + offered + ")");
  }

  // A relay may hang up once it has refused a mechanism: then that refusal is what there is to say.
  SmtpReply try_login(SaslMechanism mechanism, std::vector<std::string>& tried) try {
    SmtpReply reply = converse(mechanism);
    tried.emplace_back(name_of(mechanism));
    return reply;
  } catch (const SmtpChannelError& error) {
    if (error.interrupted() || tried.empty()) throw;
    return {};
  }

  SmtpReply converse(SaslMechanism mechanism) {
    const std::string command = "AUTH " + std::string(name_of(mechanism));
    tried_login_ = true;
    SaslClient client(mechanism, credentials_);
    const std::string initial = client.initial_response();
    SmtpReply reply = ask(command + (initial.empty() ? "" : " " + initial), command);
    for (int challenges = 0; reply.code == 334 && challenges < kChallengesMax; ++challenges)
      reply = ask(client.answer(reply.text.substr(std::min<std::size_t>(4, reply.text.size()))), command);
    return reply;
  }

  const SmtpOptions& options_;
  SmtpFindings& findings_;
  const SmtpPatience patience_;
  SaslCredentials credentials_;
  std::unique_ptr<SmtpChannel> channel_;
  SmtpCapabilities capabilities_;
  bool tried_login_ = false;
};

}  // namespace

SmtpSession log_in(const SmtpOptions& options, SmtpFindings& findings, const SmtpChannel::Interrupted& interrupted,
                   SmtpEnding& ending) {
  Login login(options, findings, interrupted);
  try {
    login.run();
  } catch (...) {
    login.note(ending);
    throw;
  }
  login.note(ending);
  return std::move(login).session();
}

}  // namespace pawl::mail
