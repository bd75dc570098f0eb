// JSON written piece by piece is, to the byte, what nlohmann writes of the same document.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "workflows/depositlink/ports/recipients.h"
#include "workflows/mail/send_mail.h"
#include "workflows/text/json_text.h"

using namespace pawl::text;
using namespace pawl::depositlink;
using nlohmann::json;

namespace {

std::string written(const std::string& text) {
  std::string json = "before ";
  append_json_text(json, text);
  return json;
}

// Every character of ASCII by itself and beside others, and some beyond it.
std::vector<std::string> texts() {
  std::vector<std::string> texts = {"", "Head office", "say \"no\"", "C:\\temp", "two\nlines", "caf\u00e9 \U0001F600"};
  for (int c = 0; c <= 0x7F; ++c) texts.push_back(std::string("a") + static_cast<char>(c) + "b");
  return texts;
}

}  // namespace

TEST_CASE("a text is quoted and escaped as nlohmann does it, behind what is there already") {
  for (const std::string& text : texts()) CHECK(written(text) == "before " + json(text).dump());
  CHECK_THROWS_AS(written("a\xff"), json::type_error);
}

TEST_CASE("an object of texts is what nlohmann makes of them, if its names are sorted") {
  CHECK(json_object({}) == "{}");
  for (const std::string& text : texts())
    CHECK(json_object({{"a", text}, {"b", "x"}, {"c", text}}) == json{{"a", text}, {"b", "x"}, {"c", text}}.dump());
}

TEST_CASE("checkpoints of recipients and receipts are what their conversions give, and can be restored from") {
  for (const std::string& text : texts()) {
    const pawl::mail::MailReceipt receipt{"accepted", text};
    CHECK(to_checkpoint(receipt) == json(receipt).dump());
    const std::string user = "0e0c0000-0000-4000-8000-000000000005";
    CHECK(to_checkpoint(Recipients{text, {}}) == json{{"org_name", text}, {"user_ids", json::array()}}.dump());
    CHECK(to_checkpoint(Recipients{"Acme", {text, user}}) ==
          json{{"org_name", "Acme"}, {"user_ids", {text, user}}}.dump());
    CHECK(to_checkpoint(Recipients{"Acme", {user}, {}, {}, {text, "x.test"}}) ==
          json{{"domains", {text, "x.test"}}, {"org_name", "Acme"}, {"user_ids", {user}}}.dump());
    const Recipients sharing{text, {text, user}, {{text, user}, {user, text}}, {}, {"", text}};
    const auto restored = json::parse(to_checkpoint(sharing)).get<Recipients>();
    CHECK(restored.org_name == text);
    CHECK(restored.user_ids == sharing.user_ids);
    CHECK(restored.domains == sharing.domains);
    CHECK(restored.shared_mailboxes == sharing.shared_mailboxes);
  }
  CHECK(to_checkpoint(pawl::mail::MailReceipt{"suppressed", "no such \"user\""}) ==
        R"({"detail":"no such \"user\"","state":"suppressed"})");
}
