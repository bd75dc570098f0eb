// One request a call, by libcurl.
#include "http_payments.h"

#include <curl/curl.h>
#include <pawl/engine/authoring/errors.h>

#include <memory>
#include <stdexcept>

namespace shop {

namespace {

constexpr long kTimeoutSeconds = 10;

struct Response {
  long status = 0;
  std::string text;
};

std::size_t append(const char* bytes, std::size_t, std::size_t size, void* text) {
  static_cast<std::string*>(text)->append(bytes, size);
  return size;
}

Response post(const std::string& url, const std::string& key, const std::string& json) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  curl_slist* fields = curl_slist_append(nullptr, "Content-Type: application/json");
  fields = curl_slist_append(fields, ("Idempotency-Key: " + key).c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> freed(fields, curl_slist_free_all);

  Response response;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, fields);
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, json.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &response.text);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  // The request may have arrived all the same: the next one has the same key.
  if (const CURLcode failed = curl_easy_perform(curl.get()); failed != CURLE_OK)
    throw pawl::engine::UnavailableError(std::string("payments: ") + curl_easy_strerror(failed));
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &response.status);
  return response;
}

nlohmann::json answer(const Response& response) {
  const std::string status = "payments: HTTP " + std::to_string(response.status);
  if (response.status == 429 || response.status >= 500) throw std::runtime_error(status);  // another attempt may help
  if (response.status != 200) throw pawl::engine::PermanentError(status + (response.status == 402 ? ", declined" : ""));
  return nlohmann::json::parse(response.text);
}

}  // namespace

HttpPayments::HttpPayments(std::string url) : url_(std::move(url)) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) throw pawl::engine::RefusedError("payments: libcurl cannot be used");
}

Charge HttpPayments::charge(const std::string& key, const std::string& card, int cents) {
  const nlohmann::json request{{"card", card}, {"cents", cents}};
  return {answer(post(url_ + "/charges", key, request.dump())).at("id").get<std::string>(), cents};
}

void HttpPayments::refund(const std::string& key, const Charge& charge) {
  const nlohmann::json request{{"charge", charge.id}};
  answer(post(url_ + "/refunds", key, request.dump()));
}

}  // namespace shop
