// Renders messages as MIME.
#include "workflows/mail/message/message.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormatter.h>

#include <algorithm>
#include <string_view>

#include "engine/authoring/errors.h"
#include "workflows/mail/message/address.h"
#include "workflows/mail/message/header.h"
#include "workflows/mail/message/quoted_printable.h"
#include "workflows/text/base64.h"
#include "workflows/text/utf8.h"

namespace pawl::mail {
namespace {

constexpr std::size_t kFrames = 2048;  // what stands before and around the parts, generously

void require_address(std::string_view role, std::string_view address) {
  if (const auto reason = why_unusable(address))
    throw engine::PermanentError("cannot render the mail: " + std::string(role) + ": " + *reason);
}

void require_id(std::string_view role, std::string_view id) {
  if (!is_message_id(id))
    throw engine::PermanentError("cannot render the mail: its " + std::string(role) +
                                 " is not of the form <left@right>");
}

void require_field_name(std::string_view name) {
  const auto is_name_char = [](char c) { return c > 0x20 && c < 0x7F && c != ':'; };
  if (name.empty() || name.size() > 60 || !std::ranges::all_of(name, is_name_char))
    throw engine::PermanentError("cannot render the mail: the name of an extra header field is not printable ASCII");
}

void require_renderable(const Message& message) {
  require_address("sender", message.from);
  require_address("recipient", message.to);
  if (!message.reply_to.empty()) require_address("address for replies", message.reply_to);
  if (!message.envelope_from.empty()) require_address("envelope sender", message.envelope_from);
  require_id("message id", message.message_id);
  if (!message.thread_id.empty()) require_id("thread id", message.thread_id);
  for (const HeaderField& field : message.extra_fields) require_field_name(field.name);
}

std::string date_text(engine::Timestamp date) {
  using std::chrono::microseconds;
  const engine::Timestamp latest = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
  const microseconds since_epoch = std::clamp(date, engine::Timestamp{}, latest).time_since_epoch();
  const Poco::DateTime time{Poco::Timestamp(since_epoch.count())};
  return Poco::DateTimeFormatter::format(time, "%w, %e %b %Y %H:%M:%S") + " +0000";
}

// Text parts end their lines with CRLF before they are encoded (RFC 2046, section 4.1.1).
std::string with_crlf(std::string_view body) {
  std::string lines;
  lines.reserve(body.size() + body.size() / 16);
  for (auto end = body.find('\n'); end != std::string_view::npos; end = body.find('\n')) {
    lines.append(body.substr(0, end)).append("\r\n");
    body.remove_prefix(end + 1);
  }
  return lines.append(body);
}

// Whatever is in the body: as valid UTF-8, with \n as the only end of a line.
std::string cleaned(std::string_view body) {
  std::string text;
  while (!body.empty()) {
    const char32_t point = text::take_code_point(body);
    if (point == '\r' && body.starts_with('\n')) continue;
    if (point != 0) text::append_code_point(text, point == '\r' ? '\n' : point);
  }
  return text;
}

bool is_clean(std::string_view body) {
  return text::is_ascii(body) && body.find('\r') == std::string_view::npos && body.find('\0') == std::string_view::npos;
}

void append_body(std::string& bytes, std::string_view type, const EncodedBody& body) {
  bytes.append("Content-Type: ").append(type).append("; charset=utf-8\r\n");
  bytes.append("Content-Transfer-Encoding: ").append(body.encoding).append("\r\n\r\n");
  bytes.append(body.lines).append("\r\n");
}

// No body in either encoding has an equals sign before an underscore. Ids that we make have a digest already.
std::string boundary_of(const Message& message) {
  const std::string_view id = message.message_id;
  const std::string_view left = id.substr(1, id.find('@') - 1);
  return "=_" + (is_name_digest(left) ? std::string(left) : name_digest(id));
}

void append_part(std::string& bytes, std::string_view boundary, std::string_view type, const EncodedBody& body) {
  bytes.append("--").append(boundary).append("\r\n");
  append_body(bytes, type, body);
}

void append_header(std::string& bytes, const Message& message) {
  bytes += mailbox_field("From", message.from_name, message.from);
  if (!message.reply_to.empty()) bytes += mailbox_field("Reply-To", {}, message.reply_to);
  bytes += mailbox_field("To", message.to_name, message.to);
  bytes += text_field("Subject", message.subject);
  bytes.append("Date: ").append(date_text(message.date)).append("\r\n");
  bytes.append("Message-ID: ").append(message.message_id).append("\r\n");
  if (!message.thread_id.empty()) bytes.append("References: ").append(message.thread_id).append("\r\n");
  bytes += "MIME-Version: 1.0\r\n";
  for (const HeaderField& field : message.extra_fields) bytes += text_field(field.name, field.text);
}

void append_alternatives(std::string& bytes, const Message& message) {
  const std::string boundary = boundary_of(message);
  bytes.append("Content-Type: multipart/alternative;\r\n boundary=\"").append(boundary).append("\"\r\n\r\n");
  append_part(bytes, boundary, "text/plain", message.text);
  append_part(bytes, boundary, "text/html", message.html);
  bytes.append("--").append(boundary).append("--\r\n");
}

}  // namespace

EncodedBody encode(std::string_view body) {
  const std::string lines = is_clean(body) ? with_crlf(body) : with_crlf(cleaned(body));
  std::string quoted = quoted_printable(lines);
  if (quoted.size() / 4 <= lines.size() / 3)
    return {"quoted-printable", std::move(quoted)};  // base64 takes a third more
  return {"base64", text::base64_lines(lines)};
}

std::string render(const Message& message) {
  require_renderable(message);
  std::string bytes;
  bytes.reserve(message.text.lines.size() + message.html.lines.size() + kFrames);
  append_header(bytes, message);
  if (message.html.encoding.empty())
    append_body(bytes, "text/plain", message.text);
  else
    append_alternatives(bytes, message);
  return bytes;
}

Envelope seal(const Message& message) {
  const std::string& from = message.envelope_from.empty() ? message.from : message.envelope_from;
  return {from, message.to, message.message_id, render(message)};
}

}  // namespace pawl::mail
