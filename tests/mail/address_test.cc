// Which addresses are handed to a mail server.
#include "workflows/mail/address.h"

#include <catch2/catch.hpp>

using pawl::mail::why_unusable;

TEST_CASE("ordinary addresses are usable") {
  for (const std::string address : {"ada@harbour.test", "a@b", "first.last+tag@mail.example.co.uk",
                                    "o'hara_{x}@example.test", "x@xn--bcher-kva.test"})
    CHECK_FALSE(why_unusable(address).has_value());
}

TEST_CASE("an address that could break out of an SMTP command or a header is unusable") {
  using namespace std::string_literals;
  for (const std::string& address : {"a@b.test\r\nDATA"s, "a@b.test\nBcc: c@d.test"s, "a\0@b.test"s, "a@b.test\x7f"s,
                                     "a b@c.test"s, "<a@b.test>"s, "a@b.test> SIZE=1"s, "\"a\"@b.test"s,
                                     "a@b.test,c@d.test"s, "a@[127.0.0.1]"s, "a(comment)@b.test"s, "a\t@b.test"s})
    CHECK(why_unusable(address).has_value());
}

TEST_CASE("an address that RFC 5321 does not know is unusable, and the reason says what is wrong") {
  CHECK(why_unusable("") == "the address is empty");
  CHECK(why_unusable("harbour.test") == "the address has no @");
  CHECK(why_unusable("@harbour.test") == "the part before the @ is not a plain name");
  CHECK(why_unusable("a..b@harbour.test") == "the part before the @ is not a plain name");
  CHECK(why_unusable(".a@harbour.test") == "the part before the @ is not a plain name");
  CHECK(why_unusable("a@b@harbour.test") == "the part before the @ is not a plain name");
  CHECK(why_unusable("a@") == "the part after the @ is not a host name");
  CHECK(why_unusable("a@-harbour.test") == "the part after the @ is not a host name");
  CHECK(why_unusable("a@harbour..test") == "the part after the @ is not a host name");
  CHECK(why_unusable("a@harbour_lettings.test") == "the part after the @ is not a host name");
}

TEST_CASE("an address outside ASCII is unusable") {
  const std::string reason = "the address has characters outside ASCII, which needs SMTPUTF8 along its whole way";
  CHECK(why_unusable("zoë@harbour.test") == reason);
  CHECK(why_unusable("ada@büro.test") == reason);
}

TEST_CASE("an address is usable up to the lengths of RFC 5321 and not beyond") {
  const std::string label(63, 'x');
  const std::string domain = label + "." + label + "." + label;
  const std::string local(62, 'a');
  CHECK_FALSE(why_unusable(local + "@" + domain).has_value());
  CHECK(why_unusable("aa" + local + "@" + domain) == "the address is longer than 254 characters");
  CHECK(why_unusable(std::string(65, 'a') + "@b.test") == "the part before the @ is longer than 64 characters");
  CHECK(why_unusable("a@x" + label + ".test").has_value());
}
