// Base64 as RFC 4648 gives it, and as OpenSSL does.
#include "workflows/text/base64.h"

#include <openssl/evp.h>

#include <catch2/catch.hpp>

using namespace pawl::text;

namespace {

// As many bytes as asked for, of every value in turn, and in no order that an encoder could be right about by chance.
std::string bytes_of(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 167 + size);
  return bytes;
}

std::string by_openssl(const std::string& bytes) {
  std::string encoded((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), from, static_cast<int>(bytes.size()));
  encoded.pop_back();
  return encoded;
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

TEST_CASE("base64 of any bytes is what OpenSSL makes of them") {
  for (std::size_t size = 0; size <= 600; ++size) {
    INFO(size);
    CHECK(base64(bytes_of(size)) == by_openssl(bytes_of(size)));
  }
}

TEST_CASE("base64 in lines is the same with CRLF behind each 76 characters, and none at the end") {
  for (std::size_t size = 0; size <= 600; ++size) {
    INFO(size);
    CHECK(base64_lines(bytes_of(size)) == in_lines(by_openssl(bytes_of(size))));
  }
}
