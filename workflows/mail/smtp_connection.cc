// Drives one libcurl easy handle through SMTP transactions.
#include "workflows/mail/smtp_connection.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <string_view>

#include "engine/crash_point.h"
#include "engine/errors.h"

namespace pawl::mail {
namespace {

// How long a server that has refused a mail or gone silent may keep us waiting for its answer to QUIT.
constexpr long kQuitSeconds = 1;
constexpr int kServiceClosing = 221;  // Only ever the answer to QUIT.

void require_libcurl() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK)
    throw engine::UnavailableError("cannot start libcurl: " + std::string(curl_easy_strerror(ready)));
}

SmtpPhase after(SmtpPhase phase, const SmtpReply& reply) {
  switch (phase) {
    case SmtpPhase::kMail:
      return reply.positive() ? SmtpPhase::kRcpt : phase;
    case SmtpPhase::kRcpt:
      return reply.positive() ? SmtpPhase::kData : phase;
    case SmtpPhase::kData:
      return reply.code == 354 ? SmtpPhase::kFinalDot : phase;
    default:
      return phase;
  }
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

class SmtpConnection::Session {
 public:
  explicit Session(const SmtpOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SmtpEnding deliver(const Envelope& envelope, bool fresh, const SmtpWatch& watch);

 private:
  static std::size_t on_reply_bytes(char* bytes, std::size_t size, std::size_t count, void* session);
  static std::size_t on_body_wanted(char* buffer, std::size_t size, std::size_t count, void* session);
  static int on_logged_in(void* session, char*, char*, int, int);
  static int on_progress(void* session, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_, option, value);
    if (code != CURLE_OK)
      throw engine::RefusedError("cannot set up the mail relay's connection: " + std::string(curl_easy_strerror(code)));
  }
  void set_relay(const SmtpOptions& options);
  void set_tls(const SmtpOptions& options);
  void set_callbacks();
  void begin(const Envelope& envelope, bool fresh);
  void finish_reply();
  void shut(int how);
  void wait_for_reply(std::chrono::seconds at_most);
  SmtpEnding ending(CURLcode code) const;
  std::string error_text(CURLcode code) const;
  bool reused() const;
  bool interrupted() const { return watch_ && watch_->interrupted(); }

  CURL* easy_;
  SmtpOptions options_;
  bool broken_ = false;  // The last mail failed: its connection must not carry another.
  std::array<char, CURL_ERROR_SIZE> error_{};

  // The transaction at hand.
  std::string_view body_;
  SmtpPhase phase_ = SmtpPhase::kLogin;
  SmtpReplyReader replies_;
  SmtpReply reply_;
  bool refused_ = false;  // After the login: what follows is about QUIT.
  std::chrono::steady_clock::time_point patience_ends_;
  const SmtpWatch* watch_ = nullptr;
};

SmtpConnection::Session::Session(const SmtpOptions& options) : easy_(nullptr), options_(options) {
  require_libcurl();
  easy_ = curl_easy_init();
  if (!easy_) throw engine::UnavailableError("cannot make a libcurl handle for the mail relay: out of memory");
  try {
    set_relay(options);
    set_tls(options);
    set_callbacks();
  } catch (...) {
    curl_easy_cleanup(easy_);
    throw;
  }
}

SmtpConnection::Session::~Session() {
  // libcurl waits minutes for the answer to QUIT. A socket shut for reading gives it an end of file instead.
  shut(SHUT_RD);
  curl_easy_cleanup(easy_);
}

void SmtpConnection::Session::shut(int how) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK && socket != CURL_SOCKET_BAD)
    shutdown(socket, how);
}

void SmtpConnection::Session::set_relay(const SmtpOptions& options) {
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_URL, options.url.c_str());
  set(CURLOPT_PROXY, "");  // Never by way of a web proxy that the environment names.
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_MAXCONNECTS, 1L);
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.login_timeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::max(options.reply_timeout, options.final_timeout).count()));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  if (options.username.empty()) return;
  set(CURLOPT_USERNAME, options.username.c_str());
  set(CURLOPT_PASSWORD, options.password.c_str());
}

void SmtpConnection::Session::set_tls(const SmtpOptions& options) {
  const bool required = options.tls == SmtpTls::kRequired;
  set(CURLOPT_USE_SSL, static_cast<long>(required ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (options.ca_file.empty()) return;
  set(CURLOPT_CAINFO, options.ca_file.c_str());
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

void SmtpConnection::Session::set_callbacks() {
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &on_body_wanted);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_HEADERFUNCTION, &on_reply_bytes);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_PREREQFUNCTION, &on_logged_in);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(CURLOPT_XFERINFODATA, this);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_WRITEFUNCTION, &discard);
}

SmtpEnding SmtpConnection::Session::deliver(const Envelope& envelope, bool fresh, const SmtpWatch& watch) {
  const List recipient(curl_slist_append(nullptr, ("<" + envelope.to + ">").c_str()));
  if (!recipient) throw std::bad_alloc();
  set(CURLOPT_MAIL_RCPT, recipient.get());
  begin(envelope, fresh);
  watch_ = &watch;
  const CURLcode code = curl_easy_perform(easy_);
  watch_ = nullptr;
  curl_easy_setopt(easy_, CURLOPT_MAIL_RCPT, nullptr);
  const SmtpEnding end = ending(code);
  // libcurl keeps a connection whose final dot was not answered, and would take the late answer for the next mail's.
  broken_ = !end.ok;
  if (broken_) shut(SHUT_RDWR);
  return end;
}

void SmtpConnection::Session::begin(const Envelope& envelope, bool fresh) {
  body_ = envelope.bytes;
  phase_ = SmtpPhase::kLogin;
  replies_ = {};
  reply_ = {};
  refused_ = false;
  error_[0] = '\0';
  set(CURLOPT_MAIL_FROM, ("<" + envelope.from + ">").c_str());
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(envelope.bytes.size()));  // Announced by SIZE=.
  set(CURLOPT_FRESH_CONNECT, fresh || broken_ ? 1L : 0L);
  wait_for_reply(options_.login_timeout);
}

SmtpEnding SmtpConnection::Session::ending(CURLcode code) const {
  SmtpEnding end;
  end.ok = code == CURLE_OK;
  end.interrupted = code == CURLE_ABORTED_BY_CALLBACK;
  end.phase = phase_;
  end.handed_over = phase_ == SmtpPhase::kFinalDot && body_.empty();
  end.reply = reply_;
  if (!end.ok) end.error = error_text(code);
  // A server that closes an idle connection may say 421 first.
  const bool unanswered = end.reply.code == 0 || end.reply.code == 421;
  end.stale = !end.ok && phase_ == SmtpPhase::kMail && unanswered && reused();
  return end;
}

std::string SmtpConnection::Session::error_text(CURLcode code) const {
  std::string text = "mail relay " + options_.url + ": ";
  if (code == CURLE_ABORTED_BY_CALLBACK) return text + "broken off by this worker, which has to stop";
  text += error_[0] ? error_.data() : curl_easy_strerror(code);
  if (code == CURLE_USE_SSL_FAILED) text += " (TLS is required unless PAWL_MAIL says ?tls=none)";
  return text;
}

bool SmtpConnection::Session::reused() const {
  long connects = 1;
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &connects);
  return connects == 0;
}

int SmtpConnection::Session::on_logged_in(void* session, char*, char*, int, int) {
  auto& self = *static_cast<Session*>(session);
  self.phase_ = SmtpPhase::kMail;
  self.reply_ = {};
  self.wait_for_reply(self.options_.reply_timeout);
  self.watch_->logged_in();
  return CURL_PREREQFUNC_OK;
}

std::size_t SmtpConnection::Session::on_reply_bytes(char* bytes, std::size_t size, std::size_t count, void* session) {
  auto& self = *static_cast<Session*>(session);
  const auto progress = self.replies_.take({bytes, size * count});
  if (progress == SmtpReplyReader::Progress::kTooLong) return 0;
  if (progress == SmtpReplyReader::Progress::kComplete) self.finish_reply();
  return size * count;
}

void SmtpConnection::Session::finish_reply() {
  if (refused_ || replies_.reply().code == kServiceClosing) return;
  reply_ = replies_.reply();
  if (phase_ == SmtpPhase::kLogin) return;
  if (phase_ == SmtpPhase::kFinalDot && reply_.positive()) engine::crash_point(engine::CrashPoint::kAfterMail250);
  if (phase_ == SmtpPhase::kData && reply_.code == 354) engine::crash_point(engine::CrashPoint::kAfterMail354);
  refused_ = reply_.code >= 400;
  wait_for_reply(refused_ ? std::chrono::seconds{kQuitSeconds} : options_.reply_timeout);
  phase_ = after(phase_, reply_);
}

// libcurl reads the option each time that it looks at the clock, so it may change in the middle of a transaction.
void SmtpConnection::Session::wait_for_reply(std::chrono::seconds at_most) {
  curl_easy_setopt(easy_, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(at_most.count()));
  patience_ends_ = std::chrono::steady_clock::now() + at_most;
}

// A server that has used up its time for a reply would get as long again for its answer to QUIT. libcurl asks here at
// least once a second, also while it waits for the reply to the final dot.
int SmtpConnection::Session::on_progress(void* session, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& self = *static_cast<Session*>(session);
  if (self.phase_ == SmtpPhase::kFinalDot && self.body_.empty())
    engine::crash_point(engine::CrashPoint::kMailUnanswered);
  if (std::chrono::steady_clock::now() > self.patience_ends_)
    curl_easy_setopt(self.easy_, CURLOPT_SERVER_RESPONSE_TIMEOUT, kQuitSeconds);
  return self.interrupted() ? 1 : 0;
}

std::size_t SmtpConnection::Session::on_body_wanted(char* buffer, std::size_t size, std::size_t count, void* session) {
  auto& self = *static_cast<Session*>(session);
  const std::size_t taken = self.body_.copy(buffer, size * count);
  self.body_.remove_prefix(taken);
  if (self.body_.empty()) engine::crash_point(engine::CrashPoint::kMailHandedOver);
  self.wait_for_reply(self.options_.final_timeout);
  return taken;
}

SmtpConnection::SmtpConnection(const SmtpOptions& options) : session_(std::make_unique<Session>(options)) {}

SmtpConnection::~SmtpConnection() = default;

SmtpEnding SmtpConnection::deliver(const Envelope& envelope, bool fresh, const SmtpWatch& watch) {
  return session_->deliver(envelope, fresh, watch);
}

}  // namespace pawl::mail
