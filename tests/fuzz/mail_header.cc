// Fuzzes a mail: names, subject, address and body that may be anything, in a message that parses back to them.
#include <nlohmann/json.hpp>

#include "engine/authoring/errors.h"
#include "tests/fuzz/target.h"
#include "tests/workflows/mail/message/header_reader.h"
#include "tests/workflows/mail/message/sample_mail.h"
#include "workflows/mail/message/address.h"
#include "workflows/mail/message/header.h"
#include "workflows/text/base64.h"
#include "workflows/text/utf8.h"

using namespace pawl;
using namespace pawl::text;
using namespace pawl::mail;

namespace {

constexpr std::size_t kFieldLineMax = 78;
constexpr std::size_t kLineMax = 998;  // RFC 5322, section 2.1.1
constexpr std::size_t kBodyLineMax = 76;
constexpr std::size_t kAddressMax = 254;

void require_lines(std::string_view bytes, std::size_t line_max) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find("\r\n");
    const std::string_view line = bytes.substr(0, end);
    fuzz::require(line.find_first_of("\r\n") == std::string_view::npos, "no bare CR or LF");
    fuzz::require(line.size() <= line_max, "lines are bounded");
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 2);
  }
}

void check_address(const std::string& typed) {
  const std::string address = normalised_address(typed);
  if (why_unusable(address)) return;
  fuzz::require(normalised_address(address) == address, "a usable address is normalised");
  fuzz::require(address.size() <= kAddressMax, "a usable address is bounded");
  for (const char c : address)
    fuzz::require(static_cast<unsigned char>(c) >= ' ' && c != 0x7F, "a usable address has no control characters");
  if (!address.starts_with('"'))
    fuzz::require(address.find_first_of(" <>()[]\",;:\\") >= address.rfind('@'), "nothing ends the command early");
  fuzz::require(mailbox_key(address) == mailbox_key(mailbox_key(address)), "a mailbox is itself");
}

// Written apart from what encodes: RFC 2045, section 6.7.
std::string unquoted(std::string_view lines) {
  std::string text;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    if (lines[at] != '=') {
      text += lines[at];
    } else if (lines.substr(at).starts_with("=\r\n")) {
      at += 2;
    } else {
      text += static_cast<char>(std::stoi(std::string(lines.substr(at + 1, 2)), nullptr, 16));
      at += 2;
    }
  }
  return text;
}

std::string with_ends_of_lines(std::string body) {
  std::string text;
  std::string_view rest = body;
  while (!rest.empty()) {
    const bool pair = rest.starts_with("\r\n");
    const char32_t point = take_code_point(rest);
    if (pair) rest.remove_prefix(1);
    if (point == '\r' || point == '\n')
      text += "\r\n";
    else if (point != 0)
      append_code_point(text, point);
  }
  return text;
}

void check_body(const std::string& body) {
  const EncodedBody encoded = encode(body);
  require_lines(encoded.lines, kBodyLineMax);
  fuzz::require(("\r\n" + encoded.lines).find("\r\n.") == std::string::npos, "no line begins with a dot");
  fuzz::require(is_ascii(encoded.lines), "a body is ASCII");
  std::string joined = encoded.lines;
  std::erase_if(joined, [](char c) { return c == '\r' || c == '\n'; });
  const std::string decoded = encoded.encoding == "base64" ? decode_base64(joined) : unquoted(encoded.lines);
  fuzz::require(decoded == with_ends_of_lines(body), "a body decodes to what it was");
}

void check_message(const std::string& name, const std::string& subject, const std::string& typed) {
  Message message = sample_message();
  message.from_name = subject;
  message.to_name = name;
  message.subject = subject;
  message.extra_fields = {{"X-Note", name}};
  const std::string address = normalised_address(typed);
  // The reader takes an encoded-word within an address for one, which RFC 2047, section 5, forbids.
  if (!why_unusable(address) && is_ascii(address) && !fuzz::holds(address, "=?")) message.to = address;
  const std::string bytes = render(message);
  require_lines(bytes, kLineMax);
  require_lines(text_field("Subject", subject), kFieldLineMax);
  const Fields fields = HeaderReader::read(bytes);
  fuzz::require(fields.size() == 9, "no field more than there are");
  const std::string to = header_text(name);
  fuzz::require(fields[1].second == (to.empty() ? "" : to + " ") + "<" + message.to + ">", "To: is whom it was for");
  fuzz::require(fields[2].second == header_text(subject), "the subject decodes to what it was");
  fuzz::require(fields[7].second == header_text(name), "a field of one's own decodes to what it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  const std::string name = input.piece();
  const std::string subject = input.piece();
  const std::string typed = input.piece();
  check_address(typed);
  check_message(name, subject, typed);
  check_body(input.rest());
  return 0;
}
