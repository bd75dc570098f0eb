// Looks for each @ and what may stand on both sides of it.
#include "workflows/redaction/address_mask.h"

#include <algorithm>
#include <cctype>

namespace pawl::redaction {

namespace {

bool is_word(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte >= 0x80 || std::isalnum(byte) != 0;
}

// RFC 5321's atoms and dots, but for the slash, which is a part of an address less often than of a URL around it.
bool is_local(char letter) {
  return is_word(letter) || std::string_view("!#$%&'*+-=?^_`{|}~.").find(letter) != std::string_view::npos;
}

bool is_domain(char letter) { return is_word(letter) || letter == '.' || letter == '-' || letter == '_'; }

std::size_t local_begin(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && is_local(text[begin - 1])) --begin;
  std::size_t slashes = 0;
  while (slashes < begin && text[begin - 1 - slashes] == '\\') ++slashes;
  if (slashes % 2 == 0 || begin == at) return begin;
  const std::size_t escape = text[begin] == 'u' ? 5 : 1;  // of JSON: its letter is none of the address
  return std::min(begin + escape, at);
}

std::size_t domain_end(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  if (end < text.size() && text[end] == '[') {
    const std::size_t close = text.find(']', end);
    return close == std::string_view::npos ? end : close + 1;
  }
  while (end < text.size() && is_domain(text[end])) ++end;
  while (end > at + 1 && text[end - 1] == '.') --end;  // ends a sentence
  return end;
}

}  // namespace

std::string AddressMask::masked(std::string_view text) {
  std::string safe;
  std::size_t copied = 0;
  for (std::size_t at = 0; (at = text.find('@', at)) != std::string_view::npos; ++at) {
    const std::size_t begin = std::max(local_begin(text, at), copied), end = domain_end(text, at);
    if (begin == at || end == at + 1) continue;
    const std::string address(text.substr(begin, end - begin));
    const std::size_t number = known_.try_emplace(address, known_.size() + 1).first->second;
    safe.append(text.substr(copied, begin - copied)).append("person").append(std::to_string(number));
    safe.append("@masked.invalid");
    copied = end;
    at = end - 1;
  }
  return safe.append(text.substr(copied));
}

}  // namespace pawl::redaction
