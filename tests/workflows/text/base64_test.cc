// Base64 as RFC 4648 gives it, in lines of mail, and back.
#include "workflows/text/base64.h"

#include <catch2/catch.hpp>

using namespace pawl::text;

namespace {

// As many bytes as asked for, of every value in turn, and in no order that an encoder could be right about by chance.
std::string bytes_of(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 167 + size);
  return bytes;
}

std::string in_lines(std::string encoded) {
  for (std::size_t at = 76; at < encoded.size(); at += 78) encoded.insert(at, "\r\n");
  return encoded;
}

}  // namespace

TEST_CASE("base64 gives what RFC 4648 prints for each length of the last group") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
}

TEST_CASE("base64 is read back, whatever the bytes") {
  for (std::size_t size = 0; size <= 600; ++size) {
    INFO(size);
    CHECK(decode_base64(base64(bytes_of(size))) == bytes_of(size));
  }
}

TEST_CASE("base64 is read in the URLs' alphabet as well, up to what is none, in whole bytes") {
  CHECK(decode_base64("-_-_") == "\xFB\xFF\xBF");
  CHECK(decode_base64("+/+/") == "\xFB\xFF\xBF");
  CHECK(decode_base64("Zm9vYmE") == "fooba");
  CHECK(decode_base64("Zm9vYmE=!Zm9v") == "fooba");
  CHECK(decode_base64("Zm9vY") == "foo");  // six bits more are no byte
  CHECK(decode_base64("=Zm9v").empty());
  CHECK(decode_base64("").empty());
}

TEST_CASE("base64 in lines is the same with CRLF behind each 76 characters, and none at the end") {
  for (std::size_t size = 0; size <= 600; ++size) {
    INFO(size);
    CHECK(base64_lines(bytes_of(size)) == in_lines(base64(bytes_of(size))));
  }
}
