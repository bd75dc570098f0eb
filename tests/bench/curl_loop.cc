// The bare libcurl loop that pawl's mail is compared with: a thread and an easy handle a connection, and nothing else.
#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "tests/bench/mail_loop.h"

namespace {

struct Unread {
  const std::string* bytes = nullptr;
  std::size_t read = 0;
};

std::size_t read_on(char* buffer, std::size_t size, std::size_t count, void* unread) {
  Unread& mail = *static_cast<Unread*>(unread);
  const std::size_t piece = std::min(size * count, mail.bytes->size() - mail.read);
  std::memcpy(buffer, mail.bytes->data() + mail.read, piece);
  mail.read += piece;
  return piece;
}

struct Handle {
  Handle() : easy(curl_easy_init()), to(curl_slist_append(nullptr, "user@acme.example")) {}
  ~Handle() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(to);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  CURL* easy;
  curl_slist* to;
  Unread mail;
};

pawl::bench::Sender sender(const pawl::bench::MailLoop& loop) {
  const auto handle = std::make_shared<Handle>();
  curl_easy_setopt(handle->easy, CURLOPT_URL, loop.url.c_str());
  curl_easy_setopt(handle->easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle->easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle->easy, CURLOPT_MAIL_FROM, "bench@pawl.example");
  curl_easy_setopt(handle->easy, CURLOPT_MAIL_RCPT, handle->to);
  curl_easy_setopt(handle->easy, CURLOPT_READFUNCTION, read_on);
  curl_easy_setopt(handle->easy, CURLOPT_READDATA, &handle->mail);
  return [handle, &loop] {
    handle->mail = {&loop.bytes, 0};
    return curl_easy_perform(handle->easy) == CURLE_OK;
  };
}

}  // namespace

int main(int argc, char** argv) {
  const pawl::bench::MailLoop loop = pawl::bench::mail_loop(argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return pawl::bench::run(loop, loop.connections, [&loop] { return sender(loop); });
}
