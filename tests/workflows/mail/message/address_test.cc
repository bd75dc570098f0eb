// Which addresses are handed to a mail server, and in which form.
#include "workflows/mail/message/address.h"

#include <catch2/catch.hpp>

using namespace pawl::mail;
using namespace std::string_literals;

namespace {

// What an address that people typed goes out as; why it does not go out, where it does not.
std::string sent_as(const std::string& typed) {
  const std::string address = normalised_address(typed);
  return why_unusable(address).value_or(address);
}

}  // namespace

TEST_CASE("ordinary addresses are usable and are sent as they are") {
  for (const std::string address : {"ada@harbour.test", "a@b", "first.last+tag@mail.example.co.uk", "Ada@Harbour.Test",
                                    "o'hara_{x}@example.test", "x@xn--bcher-kva.test", "ada@mail_1.harbour.test"})
    CHECK(sent_as(address) == address);
}

TEST_CASE("spaces and what nobody sees, as copying brings along, are taken off an address") {
  for (const std::string typed :
       {"ada@rcpt.test ", "  ada@rcpt.test\r\n", "\tada@rcpt.test", "\u00A0ada@rcpt.test\u2003", "\uFEFFada@rcpt.test",
        "\u200Bada@rcpt.test\u200B", "\u202Aada@rcpt.test\u202C", "ada@\u200Brcpt.test", "a\u00ADda\u2060@rcpt.test",
        "ada@rcpt.test.", "\u3000ada@rcpt.test\u2028", "\u200Dada@rcpt.test\u200C"})
    CHECK(sent_as(typed) == "ada@rcpt.test");
  CHECK(sent_as(" \u00A0\uFEFF") == "the address is empty");
}

TEST_CASE("an internationalised domain goes out in its ASCII form, by UTS 46 and IDNA 2008") {
  CHECK(sent_as("info@bücher.test") == "info@xn--bcher-kva.test");
  CHECK(sent_as("info@BÜCHER.test") == "info@xn--bcher-kva.test");
  CHECK(sent_as("info@bu\u0308cher.test") == "info@xn--bcher-kva.test");
  CHECK(sent_as("Info@straße.test") == "Info@xn--strae-oqa.test");
  CHECK(sent_as("info@例え。テスト") == "info@xn--r8jz45g.xn--zckzah");
  CHECK(sent_as("info@ｈａｒｂｏｕｒ.test") == "info@harbour.test");
  CHECK(sent_as("info@bü_ro.test").starts_with("info@xn--"));
}

TEST_CASE("a domain that has no ASCII form makes an address unusable, and the reason says why") {
  const std::string reason = "the part after the @ is not an internationalised host name: ";
  for (const std::string& address :
       {"a@💩.test"s, "a@bü\u2028cher.test"s, "a@\u0301x.test"s, "a@x.-bü-"s, "a@" + std::string(63, 'x') + "ü.test"s}) {
    INFO(address);
    const std::string found = sent_as(address);
    CHECK((found.starts_with(reason) || found == "the address has control characters in it"));
    CHECK(found.find(address) == std::string::npos);
  }
  CHECK(sent_as("a@\xFF\xFE.test") == "the address is not valid UTF-8");
}

TEST_CASE("a character that the mapping turns into syntax does not get out") {
  for (const std::string address : {"a@b＞.test", "a@b＠c.test", "a@b＜x.test", "a@b：25.test", "a@b／c.test"})
    CHECK(why_unusable(normalised_address(address)).has_value());
}

TEST_CASE("a local part beyond ASCII keeps its bytes, beside a domain in ASCII") {
  CHECK(sent_as("zoë@harbour.test") == "zoë@harbour.test");
  CHECK(sent_as("用户@例え.テスト") == "用户@xn--r8jz45g.xn--zckzah");
  CHECK(sent_as("zo\xC3@harbour.test") == "the address is not valid UTF-8");
  CHECK(sent_as("zo\u00A0e@harbour.test") == "the part before the @ has a space in it");
  CHECK(sent_as("zo\u0085e@harbour.test") == "the address has control characters in it");
}

TEST_CASE("quoted local parts and the dotted forms that providers gave out are left to the relay to judge") {
  for (const std::string address :
       {R"("a b"@x.test)", R"("a@b"@x.test)", R"("a>b\"c\\"@x.test)", R"("a,b;c:(d)<e>[f]"@x.test)", "\"z ë\"@x.test",
        "a..b@harbour.test", ".a@harbour.test", "abc.@harbour.test", "...@harbour.test"})
    CHECK(sent_as(address) == address);
}

TEST_CASE("an address literal is usable where it is an IP address") {
  for (const std::string address : {"user@[192.0.2.1]", "user@[IPv6:2001:db8::1]"}) CHECK(sent_as(address) == address);
  for (const std::string address :
       {"user@[192.0.2]", "user@[2001:db8::1]", "user@[IPv6:192.0.2.1]", "user@[]", "user@[x.test]", "user@[192.0.2.1"})
    CHECK(sent_as(address) ==
          "the part after the @ is not an IP address in brackets, such as [192.0.2.1] or [IPv6:2001:db8::1]");
}

TEST_CASE("an address that could break out of an SMTP command or a header is unusable") {
  for (const std::string& address : {"a@b.test\r\nDATA"s,  "a@b.test\nBcc: c@d.test"s,
                                     "a\0@b.test"s,        "a@b.test\x7fx"s,
                                     "a b@c.test"s,        "<a@b.test>"s,
                                     "a@b.test> SIZE=1"s,  "\"a\"b@b.test"s,
                                     "\"a@b.test"s,        "\"a\"@b.test> x"s,
                                     "\"a\r\nb\"@b.test"s, "\"a\\\"@b.test"s,
                                     "a@b.test,c@d.test"s, "a(comment)@b.test"s,
                                     "a\t@b.test"s,        "a\"b@c.test"s,
                                     "a\\@b.test"s,        "a@b\0.test"s,
                                     "a@bü\0.test"s,       "a@bü.test\r\nDATA"s})
    CHECK(why_unusable(normalised_address(address)).has_value());
}

TEST_CASE("an address that no server can know is unusable, and the reason says what is wrong") {
  CHECK(sent_as("") == "the address is empty");
  CHECK(sent_as("harbour.test") == "the address has no @");
  CHECK(sent_as("@harbour.test") == "the part before the @ is empty");
  CHECK(sent_as("\"\"@harbour.test") == "the part before the @ is empty");
  CHECK(sent_as("a@b@harbour.test") == "the part before the @ has a character that needs quotes around the part");
  CHECK(sent_as("a b@harbour.test") == "the part before the @ has a space in it");
  CHECK(sent_as("\"a\"") == "the quoted part is not followed by an @");
  for (const std::string address : {"a@", "a@.", "a@-harbour.test", "a@harbour..test", "a@harbour .test", "a@x.test.."})
    CHECK(sent_as(address) == "the part after the @ is not a host name");
}

TEST_CASE("an address is usable up to the lengths of RFC 5321 and not beyond, counted as it is sent") {
  const std::string label(63, 'x');
  const std::string domain = label + "." + label + "." + label;
  const std::string local(62, 'a');
  CHECK_FALSE(why_unusable(local + "@" + domain).has_value());
  CHECK(why_unusable("aa" + local + "@" + domain) == "the address is longer than 254 octets");
  std::string long_part(65, 'a');
  CHECK(why_unusable(long_part += "@b.test") == "the part before the @ is longer than 64 octets");
  CHECK(why_unusable("ëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëë@b.test") == "the part before the @ is longer than 64 octets");
  CHECK(why_unusable("a@x" + label + ".test").has_value());
}

TEST_CASE("addresses of one mailbox have one key") {
  const auto key_of = [](const std::string& typed) { return mailbox_key(normalised_address(typed)); };
  CHECK(key_of("Office@Bücher.test ") == key_of("office@XN--BCHER-KVA.test."));
  CHECK(key_of("office@harbour.test") != key_of("office2@harbour.test"));
  CHECK(key_of("office@harbour.test") != key_of("office@harbour2.test"));
}
