// libcurl looks up and connects, OpenSSL secures.
#include "workflows/mail/tls/socket.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

namespace pawl::mail {
namespace {

using Clock = SmtpPatience::Clock;

constexpr std::size_t kPiece = 64 * 1024;  // A body moves when a piece of it does.

template <auto kFree>
struct Freed {
  template <class Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};
using Curl = std::unique_ptr<CURL, Freed<curl_easy_cleanup>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, Freed<SSL_free>>;

CURL* new_handle() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  return ready == CURLE_OK ? curl_easy_init() : nullptr;
}

// libcurl asks at least once a second. No exception may pass through it.
int on_progress(void* interrupted, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept try {
  return (*static_cast<const SmtpPatience::Interrupted*>(interrupted))() ? 1 : 0;
} catch (...) {
  return 1;
}

struct Address {
  std::string text;
  bool ipv6 = false;
  bool local = false;
};

Address ipv4(const void* bytes) {
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, bytes, text.data(), text.size());
  return {text.data(), false, *static_cast<const unsigned char*>(bytes) == 127};
}

Address address_of(const sockaddr_storage& name) {
  if (name.ss_family == AF_INET) return ipv4(&reinterpret_cast<const sockaddr_in&>(name).sin_addr);
  const in6_addr& bytes = reinterpret_cast<const sockaddr_in6&>(name).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&bytes)) return ipv4(bytes.s6_addr + 12);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &bytes, text.data(), text.size());
  return {text.data(), true, IN6_IS_ADDR_LOOPBACK(&bytes) != 0};
}

// OpenSSL's own words for what went wrong last, without its file names.
std::string tls_words(const SSL* tls, unsigned long error) {
  const long verdict = SSL_get_verify_result(tls);
  if (verdict != X509_V_OK)
    return std::string("its certificate does not verify: ") + X509_verify_cert_error_string(verdict) +
           " (ca=FILE in PAWL_MAIL names an authority of your own)";
  if (ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER)
    return "the port does not speak TLS from the first byte; with smtp:// in PAWL_MAIL it is asked to by STARTTLS";
  const char* reason = error ? ERR_reason_error_string(error) : nullptr;
  return std::string("TLS failed: ") + (reason ? reason : "the relay closed the connection");
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

// What SSL_set_tlsext_host_name does by a cast of C's.
bool name_server(SSL* tls, std::string host) {
  return SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

}  // namespace

class SmtpSocket::Stream {
 public:
  Stream(const std::string& relay, const std::string& host, int port, const SmtpPatience& patience)
      : relay_(relay), host_(host), easy_(new_handle()) {
    if (!easy_) fail("libcurl cannot be started");
    const bool ipv6 = host.find(':') != std::string::npos;
    connect("http://" + (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port), patience);
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    getpeername(socket_, reinterpret_cast<sockaddr*>(&name), &size);
    const Address peer = address_of(name);
    peer_ = (peer.ipv6 ? "[" + peer.text + "]" : peer.text) + ":" + std::to_string(port);
    peer_is_local_ = peer.local;
  }

  // What was not said in time must not go out with TLS's goodbye.
  ~Stream() {
    if (half_said_)
      shutdown(socket_, SHUT_RDWR);
    else if (tls_)
      SSL_shutdown(tls_.get());
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  const std::string& peer() const { return peer_; }
  bool peer_is_local() const { return peer_is_local_; }
  std::string local_address_literal() const;
  void start_tls(const TrustStore::Context& trusted, const SmtpPatience& patience);
  bool answers_tls(const SmtpPatience& patience);
  std::string tls() const;
  void send(std::string_view bytes, std::chrono::seconds at_most, const SmtpPatience::Interrupted& interrupted);
  std::size_t receive(std::span<char> buffer);
  bool await(short events, const SmtpPatience& patience) const;

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (code != CURLE_OK) fail(std::string("libcurl cannot be set up: ") + curl_easy_strerror(code));
  }
  void connect(const std::string& url, const SmtpPatience& patience);
  Tls new_tls(SSL_CTX* context);
  std::size_t send_some(std::string_view bytes);
  std::optional<short> blocked_on(int result);
  [[noreturn]] void fail(const std::string& words) const { throw SmtpChannelError(relay_ + words, false); }
  [[noreturn]] void break_off() const {
    throw SmtpChannelError(relay_ + "broken off by this worker, which has to stop", true);
  }

  const std::string relay_;
  const std::string host_;
  Curl easy_;  // keeps the socket open
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  std::string peer_;
  bool peer_is_local_ = false;
  Tls tls_;
  short wanted_ = POLLOUT;  // what the last piece that did not go waits for
  bool half_said_ = false;  // The TLS library may hold a piece.
};

// Connected by way of no web proxy that the environment names, and with not a word of HTTP.
void SmtpSocket::Stream::connect(const std::string& url, const SmtpPatience& patience) {
  std::array<char, CURL_ERROR_SIZE> error{};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(patience.until - Clock::now());
  set(CURLOPT_CONNECT_ONLY, 1L);
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  for (const CURLoption limit : {CURLOPT_TIMEOUT_MS, CURLOPT_CONNECTTIMEOUT_MS})
    set(limit, static_cast<long>(std::max<std::chrono::milliseconds::rep>(left.count(), 1)));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_ERRORBUFFER, error.data());
  set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(CURLOPT_XFERINFODATA, &patience.interrupted);
  set(CURLOPT_NOPROGRESS, 0L);
  const CURLcode code = curl_easy_perform(easy_.get());
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  if (code == CURLE_ABORTED_BY_CALLBACK) break_off();
  if (code != CURLE_OK) fail(error[0] ? error.data() : curl_easy_strerror(code));
  if (curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket_) != CURLE_OK || socket_ == CURL_SOCKET_BAD)
    fail("the connection was lost as soon as it was made");
}

std::string SmtpSocket::Stream::local_address_literal() const {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  getsockname(socket_, reinterpret_cast<sockaddr*>(&name), &size);
  const Address address = address_of(name);
  return (address.ipv6 ? "[IPv6:" : "[") + address.text + "]";
}

// It keeps the context for itself.
Tls SmtpSocket::Stream::new_tls(SSL_CTX* context) {
  Tls tls(context ? SSL_new(context) : nullptr);
  if (!tls || SSL_set_fd(tls.get(), socket_) != 1 || SSL_set_min_proto_version(tls.get(), TLS1_2_VERSION) != 1)
    fail("OpenSSL cannot be set up");
  SSL_set_mode(tls.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return tls;
}

void SmtpSocket::Stream::start_tls(const TrustStore::Context& trusted, const SmtpPatience& patience) {
  Tls tls = new_tls(trusted.get());
  SSL_set_verify(tls.get(), SSL_VERIFY_PEER, nullptr);
  const bool by_address = is_ip_address(host_);
  const int named = by_address ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls.get()), host_.c_str())
                               : SSL_set1_host(tls.get(), host_.c_str());
  if (named != 1 || (!by_address && !name_server(tls.get(), host_))) fail("OpenSSL cannot be set up for this host");
  for (int result; ERR_clear_error(), (result = SSL_connect(tls.get())) != 1;) {
    const int why = SSL_get_error(tls.get(), result);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) fail(tls_words(tls.get(), ERR_get_error()));
    if (!await(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, patience)) fail("TLS was not ready in time");
  }
  tls_ = std::move(tls);
}

// A handshake that verifies nothing and carries nothing; one that fails by an alert is TLS all the same.
bool SmtpSocket::Stream::answers_tls(const SmtpPatience& patience) {
  const Context trusts_nobody(SSL_CTX_new(TLS_client_method()));
  const Tls tls = new_tls(trusts_nobody.get());
  half_said_ = true;
  for (int result; ERR_clear_error(), (result = SSL_connect(tls.get())) != 1;) {
    const int why = SSL_get_error(tls.get(), result);
    const bool waits = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
    const int reason = ERR_GET_REASON(ERR_peek_error());
    if (!waits)
      return why == SSL_ERROR_SSL && reason != SSL_R_WRONG_VERSION_NUMBER &&
             reason != SSL_R_UNEXPECTED_EOF_WHILE_READING;
    if (!await(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, patience)) return false;
  }
  return true;
}

std::string SmtpSocket::Stream::tls() const {
  if (!tls_) return {};
  return std::string(SSL_get_version(tls_.get())) + " " + SSL_get_cipher_name(tls_.get());
}

// What TLS waits for before it can go on with a call that failed; nothing: it cannot.
std::optional<short> SmtpSocket::Stream::blocked_on(int result) {
  const int why = SSL_get_error(tls_.get(), result);
  if (why == SSL_ERROR_WANT_READ) return POLLIN;
  if (why == SSL_ERROR_WANT_WRITE) return POLLOUT;
  return std::nullopt;
}

// How much of it went; 0: none, since it waits for `wanted_`.
std::size_t SmtpSocket::Stream::send_some(std::string_view bytes) {
  if (!tls_) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    wanted_ = POLLOUT;
    if (errno == EAGAIN || errno == EINTR) return 0;
    fail("the connection broke: " + std::generic_category().message(errno));
  }
  ERR_clear_error();
  const int sent = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (sent > 0) return static_cast<std::size_t>(sent);
  const auto wanted = blocked_on(sent);
  if (!wanted) fail("the connection broke while something was said over TLS");
  wanted_ = *wanted;
  return 0;
}

void SmtpSocket::Stream::send(std::string_view bytes, std::chrono::seconds at_most,
                              const SmtpPatience::Interrupted& interrupted) {
  if (interrupted()) break_off();  // most of what is said fits into the kernel and never waits
  Clock::time_point until = Clock::now() + at_most;
  half_said_ = true;
  while (!bytes.empty()) {
    if (const std::size_t sent = send_some(bytes.substr(0, kPiece))) {
      bytes.remove_prefix(sent);
      until = Clock::now() + at_most;
    } else if (!await(wanted_, {until, interrupted})) {
      fail("it took nothing in time");
    }
  }
  half_said_ = false;
}

std::size_t SmtpSocket::Stream::receive(std::span<char> buffer) {
  if (!tls_) {
    const ssize_t received = recv(socket_, buffer.data(), buffer.size(), 0);
    if (received > 0) return static_cast<std::size_t>(received);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    fail(received == 0 ? "the relay closed the connection"
                       : "the connection broke: " + std::generic_category().message(errno));
  }
  ERR_clear_error();
  const int received = SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size()));
  if (received > 0) return static_cast<std::size_t>(received);
  if (!blocked_on(received)) fail("the relay closed the connection");
  return 0;
}

// Whether it can go on; false: not by then.
bool SmtpSocket::Stream::await(short events, const SmtpPatience& patience) const {
  for (;;) {
    if (patience.interrupted()) break_off();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(patience.until - Clock::now());
    if (left.count() <= 0) return false;
    pollfd waited{socket_, events, 0};
    const int ready = poll(&waited, 1, static_cast<int>(std::min<std::chrono::milliseconds::rep>(left.count(), 1000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) fail("cannot wait for it: " + std::generic_category().message(errno));
  }
}

SmtpSocket::SmtpSocket(const std::string& relay, const std::string& host, int port, const SmtpPatience& patience)
    : stream_(std::make_unique<Stream>(relay, host, port, patience)) {}
SmtpSocket::~SmtpSocket() = default;

const std::string& SmtpSocket::peer() const { return stream_->peer(); }
bool SmtpSocket::peer_is_local() const { return stream_->peer_is_local(); }
std::string SmtpSocket::local_address_literal() const { return stream_->local_address_literal(); }
std::string SmtpSocket::tls() const { return stream_->tls(); }

void SmtpSocket::start_tls(const TrustStore::Context& trusted, const SmtpPatience& patience) {
  stream_->start_tls(trusted, patience);
}

bool SmtpSocket::answers_tls(const SmtpPatience& patience) { return stream_->answers_tls(patience); }

void SmtpSocket::send(std::string_view bytes, std::chrono::seconds at_most,
                      const SmtpPatience::Interrupted& interrupted) {
  stream_->send(bytes, at_most, interrupted);
}

std::size_t SmtpSocket::receive(std::span<char> buffer) { return stream_->receive(buffer); }
bool SmtpSocket::await_bytes(const SmtpPatience& patience) { return stream_->await(POLLIN, patience); }

}  // namespace pawl::mail
