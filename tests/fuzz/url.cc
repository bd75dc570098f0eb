// Fuzzes the URLs of the settings: the relay's, the application's and a brand's logo.
#include <nlohmann/json.hpp>

#include "engine/authoring/errors.h"
#include "tests/fuzz/target.h"
#include "workflows/depositlink/content/app_url.h"
#include "workflows/depositlink/content/brand.h"
#include "workflows/mail/mail_url.h"
#include "workflows/text/ascii.h"

using namespace pawl;

namespace {

const std::string kCanary = "cAnArY7731";

void require_link(const std::string& link) {
  fuzz::require(!link.empty() && text::lower_cased(link).starts_with("http"), "a link is one");
  fuzz::require(link.find_first_of("\"'<>\\^`{|} \r\n\t") == std::string::npos, "a link is safe in an attribute");
}

void check_relay(const std::string& url) try {
  const mail::SmtpOptions options = mail::smtp_options({.url = url, .password = "p"});
  fuzz::require(mail::is_smtp(options.url) && options.port > 0 && options.port < 65536 && !options.host.empty(),
                "a relay has a host and a port");
  fuzz::require(std::ranges::none_of(options.url + options.ehlo + options.host,
                                     [](char c) { return static_cast<unsigned char>(c) <= ' '; }),
                "host and name are words");
  mail::smtp_warnings(options);
} catch (const engine::RefusedError& error) {
  fuzz::require(!fuzz::holds(error.what(), kCanary), "an error never quotes the relay's URL");
}

void check_application(const std::string& url, const std::string& pattern, const std::string& id) try {
  const depositlink::AppUrl app(url, pattern);
  require_link(app.integrations_of(id));
  if (!pattern.empty()) require_link(app.connection_of(id, "{org_id}{connection_id}" + id));
} catch (const engine::RefusedError& error) {
  fuzz::require(!fuzz::holds(error.what(), ":" + kCanary + "@"), "an error never quotes a URL's password");
}

void check_brand(const std::string& name, const std::string& logo, const std::string& color) try {
  const depositlink::Brand brand(name, logo, color);
  if (!brand.color().empty()) brand.text_color();
  if (!brand.logo_url().empty()) require_link(brand.logo_url());
} catch (const engine::RefusedError& error) {
  if (std::string_view(error.what()).starts_with("brand colour")) return;  // which is no URL, and is quoted
  fuzz::require(!fuzz::holds(error.what(), ":" + kCanary + "@"), "an error never quotes a URL's password");
}

// A password wherever the input has the byte 1.
std::string planted(std::string text) {
  for (auto at = text.find('\x01'); at != std::string::npos; at = text.find('\x01', at + 1))
    text.replace(at, 1, kCanary);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  const std::string url = planted(input.piece());
  const std::string pattern = planted(input.piece());
  const std::string id = input.rest();
  check_relay(url);
  check_relay("smtp://user:" + kCanary + "@" + url);
  check_application(url, pattern, id);
  check_application("https://user:" + kCanary + "@" + url, pattern, id);
  check_brand(id, url, pattern);
  return 0;
}
