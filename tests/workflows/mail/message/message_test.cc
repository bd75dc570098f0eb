// Messages as bytes: deterministic, complete, and refused when an address would do harm.
#include "workflows/mail/message/message.h"

#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/workflows/mail/message/header_reader.h"
#include "tests/workflows/mail/message/sample_mail.h"

using namespace pawl::mail;

namespace {

std::string field(const Fields& fields, const std::string& name) {
  for (const auto& [key, value] : fields)
    if (key == name) return value;
  return "(none)";
}

}  // namespace

TEST_CASE("the same message always gives the same bytes, and another message id another boundary") {
  CHECK(render(sample_message()) == render(sample_message()));
  Message other = sample_message();
  other.message_id = message_id({"job", "event-2", "send", "ada"}, "depositlink.test");
  const std::string type = "Content-Type";
  CHECK(field(HeaderReader::read(render(other)), type) != field(HeaderReader::read(render(sample_message())), type));
}

TEST_CASE("a message has every field that marks it as automatic, urgent and part of its thread") {
  const Message message = sample_message();
  const Fields fields = HeaderReader::read(render(message));
  CHECK(field(fields, "From") == "DepositLink <alerts@depositlink.test>");
  CHECK(field(fields, "To") == "Ada Lovelace <ada@harbour.test>");
  CHECK(field(fields, "Subject") == message.subject);
  CHECK(field(fields, "Date") == "Tue, 24 Nov 2026 03:00:00 +0000");
  CHECK(field(fields, "Message-ID") == message.message_id);
  CHECK(field(fields, "References") == message.thread_id);
  CHECK(field(fields, "MIME-Version") == "1.0");
  CHECK(field(fields, "Auto-Submitted") == "auto-generated");
  CHECK(field(fields, "X-Auto-Response-Suppress") == "All");
  CHECK(field(fields, "Importance") == "high");
}

TEST_CASE("nearly ASCII bodies are quoted-printable, others base64, whichever is shorter") {
  CHECK(encode("<p class=\"a\">Zoë's sync failed</p>").encoding == "quoted-printable");
  CHECK(encode("Синхронизация не удалась").encoding == "base64");
  CHECK(encode("日本語").encoding == "base64");
}

TEST_CASE("bodies are lines of 76 with CRLF, so that nothing in them can end the message early") {
  const std::string rest = GENERATE(std::string(3000, 'x'), std::string(3000, '\xC3'));
  Message message = sample_message();
  message.text = encode("a\n.\nb\r\n.\r\nMAIL FROM:<eve@evil.test>\r.\r" + rest);
  const std::string bytes = render(message);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = bytes.find("\r\n", at);
    REQUIRE(end != std::string::npos);
    const std::string line = bytes.substr(at, end - at);
    CHECK(line.size() <= 78);
    CHECK(line.find_first_of("\r\n") == std::string::npos);
    CHECK_FALSE(line.starts_with('.'));
    at = end + 2;
  }
}

TEST_CASE("a message without HTML is its text alone, in no parts") {
  Message message = sample_message();
  message.html = {};
  const std::string bytes = render(message);
  CHECK(field(HeaderReader::read(bytes), "Content-Type") == "text/plain; charset=utf-8");
  CHECK(field(HeaderReader::read(bytes), "Content-Transfer-Encoding") == "quoted-printable");
  CHECK(bytes.ends_with("\r\n\r\nThe sync failed.\r\nSign in again.\r\n\r\n"));
}

TEST_CASE("a message without a thread has no References") {
  Message message = sample_message();
  message.thread_id.clear();
  CHECK(field(HeaderReader::read(render(message)), "References") == "(none)");
}

TEST_CASE("a message with an unusable address, id or field name is refused") {
  Message sender = sample_message();
  sender.from = "alerts@depositlink.test\r\nBcc: eve@evil.test";
  CHECK_THROWS_AS(render(sender), pawl::engine::PermanentError);
  CHECK_THROWS_WITH(render(sample_message("eve")),
                    Catch::Matchers::StartsWith("cannot render the mail: recipient: the address has no @"));
  Message id = sample_message();
  id.message_id = "<a@b>\r\nBcc: eve@evil.test";
  CHECK_THROWS_AS(render(id), pawl::engine::PermanentError);
  Message thread = sample_message();
  thread.thread_id = "no brackets";
  CHECK_THROWS_AS(render(thread), pawl::engine::PermanentError);
  Message extra = sample_message();
  extra.extra_fields = {{"X-A: b\r\nBcc", "eve@evil.test"}};
  CHECK_THROWS_AS(render(extra), pawl::engine::PermanentError);
}

TEST_CASE("message ids derive from event and user alone, and differ when either does") {
  const std::string id = message_id({"job", "event-1", "send", "user-1"}, "depositlink.test");
  CHECK(id == message_id({"job", "event-1", "send", "user-1"}, "depositlink.test"));
  CHECK(id != message_id({"job", "event-1", "send", "user-2"}, "depositlink.test"));
  CHECK(id != message_id({"job", "event-2", "send", "user-1"}, "depositlink.test"));
  CHECK(message_id({"a", "bc", "c", "d"}, "e") != message_id({"ab", "c", "c", "d"}, "e"));
  CHECK(message_id({"a", "", "", ""}, "d") != thread_id("a", "d"));
  CHECK(id.size() == 1 + 40 + std::string("@depositlink.test>").size());
  CHECK(is_message_id(id));
}

TEST_CASE("an id is for ever: mails in doubt are found by the one that an earlier release gave them") {
  CHECK(message_id({"job", "event-1", "send", "user-1"}, "a.test") ==
        "<b50c82c6df7f2cd4e2702d11e7ee7abb6e204615@a.test>");
  CHECK(thread_id("connection-1", "a.test") == "<b5e07d1c198044d1a4eaa797b73fc69c2decf5de@a.test>");
}

TEST_CASE("an id of a message is two halves of visible ASCII, which nothing in them ends") {
  CHECK(is_message_id("<a@b>"));
  CHECK(is_message_id("<!\"~@b>"));
  for (const char* id : {"", "<@b>", "<a@>", "<ab>", "a@b", "<a@b", "a@bc>", "<a@b@c>", "<a>@b>", "<<a@b>", "<a b@c>",
                         "<a@b\r>", "<a\x7f@b>", "<\xc3\xa9@b>"}) {
    INFO(id);
    CHECK_FALSE(is_message_id(id));
  }
  CHECK(is_message_id("<a@" + std::string(246, 'b') + ">"));
  CHECK_FALSE(is_message_id("<a@" + std::string(247, 'b') + ">"));
}
