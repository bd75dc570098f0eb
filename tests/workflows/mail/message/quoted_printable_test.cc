// Quoted-printable as RFC 2045 gives it; that a real parser reads it back is in smtp/mailer_test.cc.
#include "workflows/mail/message/quoted_printable.h"

#include <catch2/catch.hpp>

using namespace pawl::mail;

TEST_CASE("what is printable ASCII stands as it is, and everything else by its value") {
  CHECK(quoted_printable("Sync failed: 401 (token)\r\n\r\nbye") == "Sync failed: 401 (token)\r\n\r\nbye");
  CHECK(quoted_printable("a=b") == "a=3Db");
  CHECK(quoted_printable("Zo\xC3\xAB\t\x7F") == "Zo=C3=AB=09=7F");
  CHECK(quoted_printable("a\rb\nc") == "a=0Db=0Ac");
}

TEST_CASE("of every character it is known whether it stands, wherever among others it is") {
  for (int byte = 0; byte < 256; ++byte) {
    const auto c = static_cast<char>(byte);
    const bool stands = byte >= ' ' && byte <= '~' && c != '=';
    for (std::size_t at = 1; at < 18; ++at) {
      std::string text(20, 'x');
      text[at] = c;
      CAPTURE(byte, at);
      REQUIRE((quoted_printable(text) == text) == stands);
      REQUIRE(quoted_printable(text).size() == (stands ? 20 : 22));
    }
  }
}

TEST_CASE("a blank that ends a line is encoded, since relays take it off") {
  CHECK(quoted_printable("a b \r\n \r\nc  ") == "a b=20\r\n=20\r\nc =20");
}

TEST_CASE("no line begins with a dot or as the first line of a mailbox's message") {
  CHECK(quoted_printable(".\r\n..a\r\nFrom x\r\nFromage") == "=2E\r\n=2E.a\r\n=46rom x\r\nFromage");
  CHECK(quoted_printable(std::string(75, 'x') + ".") == std::string(75, 'x') + "=\r\n=2E");
}

TEST_CASE("no line is longer than 76, and no encoded byte is torn") {
  CHECK(quoted_printable(std::string(80, 'x')) == std::string(75, 'x') + "=\r\nxxxxx");
  CHECK(quoted_printable(std::string(72, 'x') + "==") == std::string(72, 'x') + "=3D=\r\n=3D");
  CHECK(quoted_printable(std::string(73, 'x') + "=") == std::string(73, 'x') + "=\r\n=3D");
}
