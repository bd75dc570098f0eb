// Header fields that hold whatever they are given, and nothing more.
#include "workflows/mail/message/header.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/workflows/mail/message/header_reader.h"
#include "tests/workflows/mail/message/sample_mail.h"
#include "workflows/text/utf8.h"

using namespace pawl::text;
using namespace pawl::mail;

namespace {

const std::vector<std::string> kHostile = {"",
                                           " ",
                                           "plain",
                                           "a\r\nBcc: eve@evil.test",
                                           "a\nb",
                                           "a\rb",
                                           std::string("nul\0byte", 8),
                                           "\x1b[31mred\x1b[0m",
                                           "tab\tbed",
                                           "=?UTF-8?B?aGk=?=",
                                           "a =?utf-8?q?x?= b",
                                           "\"quoted\" \\ back",
                                           "semi; colon: <angle> (paren), comma @ at",
                                           "\u202Egnp.exe\u202C",
                                           "line\u2028para\u2029next\u0085nel",
                                           "Grüße aus Köln",
                                           "日本語の組織名です",
                                           "👩‍👩‍👧 family",
                                           "\xff\xfe broken \xc3",
                                           "\xed\xa0\x80 surrogate",
                                           "\xc0\xaf overlong",
                                           "\xf4\x90\x80\x80",
                                           "\r\n\r\n<body>",
                                           std::string(5000, 'x'),
                                           std::string(300, ' ') + "a" + std::string(300, ' ') + "b",
                                           std::string(77, 'y') + " z"};

std::string hostile_text(std::mt19937& random) {
  std::string text;
  for (unsigned pieces = random() % 6; pieces > 0; --pieces) {
    text += kHostile[random() % kHostile.size()];
    for (unsigned bytes = random() % 20; bytes > 0; --bytes) text += static_cast<char>(random() % 256);
  }
  return text;
}

std::string addressed(const std::string& name, const std::string& address) {
  return name.empty() ? "<" + address + ">" : name + " <" + address + ">";
}

void check_parses_back(const Message& message) {
  const Fields fields = HeaderReader::read(render(message));
  REQUIRE(fields.size() == 9);
  CHECK(fields[0].first == "From");
  CHECK(fields[0].second == addressed(header_text(message.from_name), message.from));
  CHECK(fields[1].first == "To");
  CHECK(fields[1].second == addressed(header_text(message.to_name), message.to));
  CHECK(fields[2] == std::pair<std::string, std::string>{"Subject", header_text(message.subject)});
  CHECK(fields[3].first == "Date");
  CHECK(fields[4].second == message.message_id);
  CHECK(fields[5].second == message.thread_id);
  CHECK(fields[7] == std::pair<std::string, std::string>{"X-Note", header_text(message.extra_fields[0].text)});
  CHECK(fields[8].first == "Content-Type");
}

}  // namespace

TEST_CASE("whatever names, subject and extra fields hold, the header parses back to exactly the expected fields") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < 2000; ++i) {
    Message message = sample_message();
    message.from_name = i < kHostile.size() ? kHostile[i] : hostile_text(random);
    message.to_name = i < kHostile.size() ? kHostile[i] : hostile_text(random);
    message.subject = i < kHostile.size() ? kHostile[i] : hostile_text(random);
    message.extra_fields = {{"X-Note", i < kHostile.size() ? kHostile[i] : hostile_text(random)}};
    check_parses_back(message);
  }
}

TEST_CASE("no line of a text field is longer than 78 columns") {
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    std::string field = text_field("Subject", hostile_text(random));
    while (!field.empty()) {
      const std::size_t end = field.find("\r\n");
      CHECK(end <= 78);
      field.erase(0, end + 2);
    }
  }
}

TEST_CASE("plain text stays readable in the header, and is folded before a word") {
  CHECK(text_field("Subject", "[Urgent] Reapit sync failed - Harbour") ==
        "Subject: [Urgent] Reapit sync failed - Harbour\r\n");
  const std::string words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";
  CHECK(text_field("Subject", words) ==
        "Subject: one two three four five six seven eight nine ten eleven twelve\r\n thirteen fourteen\r\n");
}

TEST_CASE("text outside ASCII becomes encoded-words that never cut a character") {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "ö€😀";
  const Fields fields = HeaderReader::read(text_field("Subject", text) + "\r\n");
  REQUIRE(fields.size() == 1);
  CHECK(fields[0].second == header_text(text));
}

TEST_CASE("header text is cut at 512 bytes, between characters") {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "€";
  const std::string cut = header_text(text);
  CHECK(cut.size() == 510);
  CHECK(text.starts_with(cut));
}

TEST_CASE("a display name is quoted, and its quotes are escaped") {
  CHECK(mailbox_field("To", "Ada \"the\" <Countess>", "ada@harbour.test") ==
        "To: \"Ada \\\"the\\\" <Countess>\" <ada@harbour.test>\r\n");
  CHECK(mailbox_field("To", "", "ada@harbour.test") == "To: <ada@harbour.test>\r\n");
}

TEST_CASE("malformed UTF-8 becomes replacement characters, direction marks go, white space becomes one space") {
  CHECK(one_line("a\xff\xc3(b", 100) == "a\uFFFD\uFFFD(b");
  CHECK(one_line(" a \t\r\n b\u202E c\u0000 ", 100) == "a b c");
  CHECK(one_line("\xed\xa0\x80", 100) == "\uFFFD\uFFFD\uFFFD");
}

TEST_CASE("an address stands behind its display name where the line has room for it, else on the next") {
  const auto address = [](std::size_t length) { return std::string(length - 7, 'a').append("@b.test"); };
  const std::string same_line = mailbox_field("To", "Ada Lovelace", address(57));
  CHECK(same_line == std::string("To: \"Ada Lovelace\" <").append(address(57)).append(">\r\n"));
  const std::string next_line = mailbox_field("To", "Ada Lovelace", address(58));
  CHECK(next_line == std::string("To: \"Ada Lovelace\"\r\n <").append(address(58)).append(">\r\n"));
}

TEST_CASE("after a display name of several lines the last one's room counts") {
  std::string name;
  while (name.size() < 50) name += "\u00e9";
  const std::string field = mailbox_field("To", name, "ada@b.test");
  CHECK(field.find("\r\n =?UTF-8?B?") != std::string::npos);
  CHECK(field.ends_with("?= <ada@b.test>\r\n"));
}
