// What the two channels say, and that nothing in it can break out of its place.
#include "workflows/notify_sync_failure/content/content.h"

#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/workflows/notify_sync_failure/doubles.h"
#include "workflows/text/plain_text.h"

using namespace pawl::notify_sync_failure;

namespace {

const AppUrl kApp("https://app.depositlink.example");
const std::string kLink = "https://app.depositlink.example/orgs/" + kOrgId + "/settings/integrations";
const std::string kHostile = "<script>alert(\"1\")</script> & 'x' &amp; \"><img src=x onerror=y>";

bool holds(const std::string& text, const std::string& piece) { return text.find(piece) != std::string::npos; }

std::string html_unescaped(std::string text) {
  text = pawl::text::replaced(text, "&lt;", "<");
  text = pawl::text::replaced(text, "&gt;", ">");
  text = pawl::text::replaced(text, "&quot;", "\"");
  text = pawl::text::replaced(text, "&#39;", "'");
  return pawl::text::replaced(text, "&amp;", "&");
}

void check_facts(const std::string& channel) {
  INFO(channel);
  CHECK(holds(channel, "Reapit (Head office)"));
  CHECK(holds(channel, "Acme Lettings"));
  CHECK(holds(channel, "401 Unauthorized: the refresh token has been revoked"));
  CHECK(holds(channel, "24 November 2026, 03:00 UTC"));
  CHECK(holds(channel, "Re-authenticate or reconfigure"));
  CHECK(holds(channel, "run the sync again"));
  CHECK(holds(channel, "expired credentials, revoked tokens or an outage at the provider"));
  CHECK(holds(channel, kLink));
}

std::string everything(const InAppContent& content) {
  return content.title + "\n" + content.body + "\n" + content.link;
}

}  // namespace

TEST_CASE("the in-app notification, the text and the HTML of the mail each carry every fact") {
  const SyncFailed failure = sample_failure();
  const EmailContent email = email_content(failure, "Acme Lettings", kApp);
  check_facts(everything(in_app_content(failure, "Acme Lettings", kApp)));
  check_facts(email.text);
  check_facts(email.html);
}

TEST_CASE("the title names the integration and the subject carries no word of the error") {
  const SyncFailed failure = sample_failure();
  CHECK(in_app_content(failure, "Acme Lettings", kApp).title == "Reapit (Head office) sync failed");
  CHECK(email_content(failure, "Acme Lettings", kApp).subject == "[Urgent] Reapit sync failed - Acme Lettings");
}

TEST_CASE("the details of the in-app notification are a JSON object with the ids and the error") {
  const auto details = nlohmann::json::parse(in_app_content(sample_failure(), "Acme Lettings", kApp).details);
  const nlohmann::json expected = {{"connection_id", "0c0c0000-0000-4000-8000-000000000003"},
                                   {"sync_log_id", "0d0c0000-0000-4000-8000-000000000004"},
                                   {"provider", "Reapit"},
                                   {"label", "Head office"},
                                   {"error", "401 Unauthorized: the refresh token has been revoked"},
                                   {"occurred_at", "2026-11-24T03:00:00Z"}};
  CHECK(details == expected);
}

TEST_CASE("an error that the provider left empty is said to be so") {
  SyncFailed failure = sample_failure();
  failure.error_message.clear();
  CHECK(holds(in_app_content(failure, "Acme", kApp).body, "The provider gave no reason"));
  CHECK(holds(email_content(failure, "Acme", kApp).text, "The provider gave no reason"));
  CHECK(holds(email_content(failure, "Acme", kApp).html, "The provider gave no reason"));
}

TEST_CASE("a connection without a label goes by its provider alone") {
  SyncFailed failure = sample_failure();
  failure.label.clear();
  CHECK(in_app_content(failure, "Acme", kApp).title == "Reapit sync failed");
  failure.label = "Reapit";
  CHECK(in_app_content(failure, "Acme", kApp).title == "Reapit sync failed");
}

TEST_CASE("escaped text reads back as the input and opens no tag") {
  const std::string escaped = html_escaped(kHostile);
  CHECK(escaped.find_first_of("<>\"'") == std::string::npos);
  CHECK(html_unescaped(escaped) == kHostile);
}

TEST_CASE("hostile provider, label, organisation and error add no tag to the HTML") {
  SyncFailed failure = sample_failure();
  const std::string plain = email_content(failure, "Acme", kApp).html;
  failure.provider = failure.label = failure.error_message = kHostile;
  failure.label += "!";
  const std::string hostile = email_content(failure, kHostile, kApp).html;
  CHECK(std::count(hostile.begin(), hostile.end(), '<') == std::count(plain.begin(), plain.end(), '<'));
  CHECK(std::count(hostile.begin(), hostile.end(), '"') == std::count(plain.begin(), plain.end(), '"'));
  CHECK(holds(html_unescaped(hostile), ">" + kHostile + "<"));
}

TEST_CASE("the same failure gives the same words") {
  const EmailContent first = email_content(sample_failure(), "Acme", kApp);
  const EmailContent second = email_content(sample_failure(), "Acme", kApp);
  CHECK(first.subject == second.subject);
  CHECK(first.text == second.text);
  CHECK(first.html == second.html);
  CHECK(everything(in_app_content(sample_failure(), "Acme", kApp)) ==
        everything(in_app_content(sample_failure(), "Acme", kApp)));
}

TEST_CASE("only the configured base and an escaped id build the link") {
  CHECK(AppUrl("https://x.example/").integrations_of(kOrgId) ==
        "https://x.example/orgs/" + kOrgId + "/settings/integrations");
  CHECK(AppUrl("http://localhost:8080/app").integrations_of("a/?#\"<b> c&d%") ==
        "http://localhost:8080/app/orgs/a%2F%3F%23%22%3Cb%3E%20c%26d%25/settings/integrations");
}

TEST_CASE("a base that is no absolute http or https URL is refused with what is accepted") {
  for (const char* text : {"", "app.example.com", "/app", "javascript:alert(1)", "ftp://x.example", "https://",
                           "https:///path", "https://x.example/?a=b", "https://x.example/#a", "https://x.example/?",
                           "https://u:p@x.example", "https://x.example/\"onclick=", "https://x.example/a b",
                           "https://x.example\r\nX: y", "https://x.example:port"}) {
    INFO(text);
    CHECK_THROWS_AS(AppUrl(text), pawl::engine::RefusedError);
  }
  CHECK_THROWS_WITH(AppUrl("ftp://x.example"),
                    "application URL \"ftp://x.example\": neither http nor https; give an absolute URL such as "
                    "https://app.example.com");
  for (const std::string user : {"u:hunter2", "u`r:hunter2", "u r:hunter2", "u:hunter2@"})
    CHECK_THROWS_WITH(AppUrl("https://" + user + "@x.example"), !Catch::Contains("hunter2"));
}

TEST_CASE(
    "the mail's page isolates names of any direction, wraps long words, follows a dark theme and has a preheader") {
  SyncFailed failure = sample_failure();
  failure.provider = "\u05D0\u05D1 (x";
  const std::string html = email_content(failure, "Acme) \u0627", kApp).html;
  CHECK(holds(html,
              "<h1 style=\"margin:0 0 16px;font-size:22px;line-height:1.3\"><bdi dir=\"auto\">\u05D0\u05D1 (x</bdi>"));
  CHECK(holds(html, "<bdi dir=\"auto\">Acme) \u0627</bdi>"));
  CHECK(holds(html, "<bdi dir=\"auto\">\u05D0\u05D1 (x</bdi> (<bdi dir=\"auto\">Head office</bdi>)</td>"));
  CHECK(holds(html, "overflow-wrap:anywhere"));
  CHECK(holds(html, "white-space:pre-wrap"));
  CHECK(holds(html, "prefers-color-scheme: dark"));
  CHECK(holds(html, "<meta name=\"color-scheme\" content=\"light dark\">"));
  CHECK(html.find("has not synced since") < html.find("<h1"));
}
