// Checks bare addresses against RFC 5321's dot-atom form.
#include "workflows/mail/address.h"

#include <algorithm>

namespace pawl::mail {
namespace {

constexpr std::size_t kAddressMax = 254;
constexpr std::size_t kLocalPartMax = 64;
constexpr std::size_t kLabelMax = 63;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_atom_char(char c) {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_label_char(char c) { return is_letter_or_digit(c) || c == '-'; }

bool is_label(std::string_view part) {
  return !part.empty() && part.size() <= kLabelMax && part.front() != '-' && part.back() != '-' &&
         std::ranges::all_of(part, is_label_char);
}

bool is_atom(std::string_view part) { return !part.empty() && std::ranges::all_of(part, is_atom_char); }

bool dotted(std::string_view text, bool (*is_part)(std::string_view)) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_part(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

}  // namespace

std::optional<std::string> why_unusable(std::string_view address) {
  if (address.empty()) return "the address is empty";
  if (std::ranges::any_of(address, is_control)) return "the address has control characters in it";
  if (std::ranges::any_of(address, is_beyond_ascii))
    return "the address has characters outside ASCII, which needs SMTPUTF8 along its whole way";
  if (address.size() > kAddressMax) return "the address is longer than 254 characters";
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return "the address has no @";
  if (at > kLocalPartMax) return "the part before the @ is longer than 64 characters";
  if (!dotted(address.substr(0, at), is_atom)) return "the part before the @ is not a plain name";
  if (!dotted(address.substr(at + 1), is_label)) return "the part after the @ is not a host name";
  return std::nullopt;
}

}  // namespace pawl::mail
