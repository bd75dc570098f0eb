// libcurl logs in (CURLOPT_CONNECT_ONLY), and then carries bytes over the socket or its TLS.
#include "workflows/mail/smtp_channel.h"

#include <curl/curl.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace pawl::mail {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPiece = 64 * 1024;  // A body moves when a piece of it does.

CURL* new_handle() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  return ready == CURLE_OK ? curl_easy_init() : nullptr;
}

struct Cleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// The keyword of a line of the answer to EHLO, such as `SIZE` of `250-SIZE 1000`.
std::string_view keyword_of(std::string_view line) {
  const std::string_view words = line.substr(std::min<std::size_t>(4, line.size()));
  return words.substr(0, words.find_first_of(" \r\n"));
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

class SmtpChannel::Body {
 public:
  Body(const SmtpOptions& options, const Interrupted& interrupted, SmtpReply& reply);
  ~Body();
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  void say(std::string_view bytes, std::chrono::seconds at_most, const Interrupted& interrupted);
  SmtpReply hear(std::chrono::seconds at_most, const Interrupted& interrupted);
  bool quiet();
  void quit();

  struct Extensions {
    bool pipelining = false;
    bool size = false;
    bool utf8 = false;
  };
  const Extensions& extensions() const { return extensions_; }

 private:
  static std::size_t on_login_line(char* bytes, std::size_t size, std::size_t count, void* body);
  static int on_progress(void* interrupted, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (code != CURLE_OK) fail(std::string("libcurl cannot be set up: ") + curl_easy_strerror(code));
  }
  void set_relay(const SmtpOptions& options);
  void set_tls(const SmtpOptions& options);
  void set_callbacks(const Interrupted& interrupted);
  void log_in();
  void note_extension(std::string_view line);
  bool take_reply();
  bool receive();
  void wait(short events, Clock::time_point until, const Interrupted& interrupted);
  [[noreturn]] void fail(const std::string& words) const { throw SmtpChannelError(relay_ + words, false); }
  [[noreturn]] void break_off() const {
    throw SmtpChannelError(relay_ + "broken off by this worker, which has to stop", true);
  }

  const std::string relay_;  // how every error begins
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  std::array<char, CURL_ERROR_SIZE> error_{};
  Extensions extensions_;
  Extensions announced_;  // by the reply being read
  SmtpReplyReader replies_;
  std::array<char, 4096> buffer_{};
  std::string_view unread_;              // of the buffer
  bool half_said_ = false;               // The TLS library may hold a piece.
  std::unique_ptr<CURL, Cleanup> easy_;  // Last, since it knows where the others are.
};

SmtpChannel::Body::Body(const SmtpOptions& options, const Interrupted& interrupted, SmtpReply& reply)
    : relay_("mail relay " + options.url + ": "), easy_(new_handle()) {
  if (!easy_) fail("libcurl cannot be started");
  set_relay(options);
  set_tls(options);
  set_callbacks(interrupted);
  try {
    log_in();
  } catch (...) {
    reply = replies_.reply();
    throw;
  }
  reply = replies_.reply();
}

// What was not said in time must not go out with TLS's goodbye.
SmtpChannel::Body::~Body() {
  if (half_said_) shutdown(socket_, SHUT_RDWR);
}

void SmtpChannel::Body::set_relay(const SmtpOptions& options) {
  set(CURLOPT_CONNECT_ONLY, 1L);
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_URL, options.url.c_str());
  set(CURLOPT_PROXY, "");  // Never by way of a web proxy that the environment names.
  set(CURLOPT_NOSIGNAL, 1L);
  const long seconds = static_cast<long>(options.login_timeout.count());
  for (const CURLoption limit : {CURLOPT_TIMEOUT, CURLOPT_CONNECTTIMEOUT, CURLOPT_SERVER_RESPONSE_TIMEOUT})
    set(limit, seconds);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  if (options.username.empty()) return;
  set(CURLOPT_USERNAME, options.username.c_str());
  set(CURLOPT_PASSWORD, options.password.c_str());
}

void SmtpChannel::Body::set_tls(const SmtpOptions& options) {
  const bool required = options.tls == SmtpTls::kRequired;
  set(CURLOPT_USE_SSL, static_cast<long>(required ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (options.ca_file.empty()) return;
  set(CURLOPT_CAINFO, options.ca_file.c_str());
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

void SmtpChannel::Body::set_callbacks(const Interrupted& interrupted) {
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_HEADERFUNCTION, &on_login_line);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(CURLOPT_XFERINFODATA, &interrupted);  // used during the login only, which the caller waits for
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_WRITEFUNCTION, &discard);
}

void SmtpChannel::Body::log_in() {
  const CURLcode code = curl_easy_perform(easy_.get());
  if (code == CURLE_ABORTED_BY_CALLBACK) break_off();
  const std::string words = error_[0] ? error_.data() : curl_easy_strerror(code);
  if (code == CURLE_USE_SSL_FAILED) fail(words + " (TLS is required unless PAWL_MAIL says ?tls=none)");
  if (code != CURLE_OK) fail(words);
  if (curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket_) != CURLE_OK || socket_ == CURL_SOCKET_BAD)
    fail("the connection was lost after the login");
}

std::size_t SmtpChannel::Body::on_login_line(char* bytes, std::size_t size, std::size_t count, void* body) {
  auto& self = *static_cast<Body*>(body);
  const std::string_view line(bytes, size * count);
  self.note_extension(line);
  const auto progress = self.replies_.take(line);
  if (progress == SmtpReplyReader::Progress::kTooLong) return 0;
  if (progress == SmtpReplyReader::Progress::kComplete) {
    // What was announced before STARTTLS counts for nothing after it.
    if (self.replies_.reply().code == 250) self.extensions_ = self.announced_;
    self.announced_ = {};
  }
  return line.size();
}

void SmtpChannel::Body::note_extension(std::string_view line) {
  const std::string_view keyword = keyword_of(line);
  if (same_word(keyword, "PIPELINING")) announced_.pipelining = true;
  if (same_word(keyword, "SIZE")) announced_.size = true;
  if (same_word(keyword, "SMTPUTF8")) announced_.utf8 = true;
}

// libcurl asks at least once a second.
int SmtpChannel::Body::on_progress(void* interrupted, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<const Interrupted*>(interrupted))() ? 1 : 0;
}

void SmtpChannel::Body::say(std::string_view bytes, std::chrono::seconds at_most, const Interrupted& interrupted) {
  if (interrupted()) break_off();  // most of what is said fits into the kernel and never waits
  Clock::time_point until = Clock::now() + at_most;
  half_said_ = true;
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const CURLcode code = curl_easy_send(easy_.get(), bytes.data(), std::min(bytes.size(), kPiece), &sent);
    if (code == CURLE_OK) {
      bytes.remove_prefix(sent);
      until = Clock::now() + at_most;
    } else if (code == CURLE_AGAIN) {
      wait(POLLOUT, until, interrupted);
    } else {
      fail(std::string("the connection broke: ") + curl_easy_strerror(code));
    }
  }
  half_said_ = false;
}

SmtpReply SmtpChannel::Body::hear(std::chrono::seconds at_most, const Interrupted& interrupted) {
  const Clock::time_point until = Clock::now() + at_most;
  while (!take_reply()) {
    if (receive()) continue;
    wait(POLLIN, until, interrupted);
  }
  return replies_.reply();
}

// Whether a reply is complete; takes nothing that comes after it.
bool SmtpChannel::Body::take_reply() {
  while (!unread_.empty()) {
    const std::string_view line = unread_.substr(0, std::min(unread_.find('\n'), unread_.size() - 1) + 1);
    unread_.remove_prefix(line.size());
    const auto progress = replies_.take(line);
    if (progress == SmtpReplyReader::Progress::kTooLong) fail("a reply has no end");
    if (progress == SmtpReplyReader::Progress::kComplete) return true;
  }
  return false;
}

// Whether there was something to read, without waiting: TLS may hold what the socket does not show.
bool SmtpChannel::Body::receive() {
  std::size_t received = 0;
  const CURLcode code = curl_easy_recv(easy_.get(), buffer_.data(), buffer_.size(), &received);
  if (code == CURLE_AGAIN) return false;
  if (code != CURLE_OK) fail(std::string("the connection broke: ") + curl_easy_strerror(code));
  if (received == 0) fail("the relay closed the connection");
  unread_ = {buffer_.data(), received};
  return true;
}

void SmtpChannel::Body::wait(short events, Clock::time_point until, const Interrupted& interrupted) {
  for (;;) {
    if (interrupted()) break_off();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) fail("no answer in time");
    pollfd waited{socket_, events, 0};
    const int ready = poll(&waited, 1, static_cast<int>(std::min<std::chrono::milliseconds::rep>(left.count(), 1000)));
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) fail("cannot wait for it: " + std::generic_category().message(errno));
  }
}

bool SmtpChannel::Body::quiet() try { return unread_.empty() && !receive(); } catch (const SmtpChannelError&) {
  return false;
}

void SmtpChannel::Body::quit() {
  constexpr std::string_view kQuit = "QUIT\r\n";
  std::size_t sent = 0;
  curl_easy_send(easy_.get(), kQuit.data(), kQuit.size(), &sent);
}

SmtpChannel::SmtpChannel(const SmtpOptions& options, const Interrupted& interrupted, SmtpReply& reply)
    : body_(std::make_unique<Body>(options, interrupted, reply)) {}
SmtpChannel::~SmtpChannel() = default;

bool SmtpChannel::pipelines() const { return body_->extensions().pipelining; }
bool SmtpChannel::takes_sizes() const { return body_->extensions().size; }
bool SmtpChannel::takes_utf8() const { return body_->extensions().utf8; }

void SmtpChannel::say(std::string_view bytes, std::chrono::seconds at_most, const Interrupted& interrupted) {
  body_->say(bytes, at_most, interrupted);
}

SmtpReply SmtpChannel::hear(std::chrono::seconds at_most, const Interrupted& interrupted) {
  return body_->hear(at_most, interrupted);
}

bool SmtpChannel::quiet() { return body_->quiet(); }

void SmtpChannel::quit() { body_->quit(); }

}  // namespace pawl::mail
