// Looks for the word before a blank.
#include "bin/output/program_name.h"

#include <algorithm>
#include <cctype>

namespace pawl::bin {

namespace {

constexpr std::size_t kNameMax = 64;

bool is_plain(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-'; }

template <class Begins>
std::string renamed(std::string_view program, std::string text, Begins begins) {
  const std::string_view word = "pawl ";
  if (program == kPawl) return text;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
    if (begins(text, at)) {
      text.replace(at, word.size() - 1, program);
      at += program.size();
    } else {
      at += word.size();
    }
  }
  return text;
}

}  // namespace

std::string program_name(int argc, const char* const* argv) {
  if (argc < 1 || argv[0] == nullptr) return kPawl;
  const std::string_view path = argv[0];
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const bool is_word = !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, is_plain);
  return is_word ? std::string(name) : kPawl;
}

std::string in_name_of(std::string_view program, std::string text) {
  return renamed(program, std::move(text),
                 [](const std::string& all, std::size_t at) { return at > 0 && all[at - 1] == '`'; });
}

std::string commands_in_name_of(std::string_view program, std::string lines) {
  return renamed(program, std::move(lines), [](const std::string& all, std::size_t at) {
    return at == 0 || all[at - 1] == ' ' || all[at - 1] == '`' || all[at - 1] == '\n';
  });
}

}  // namespace pawl::bin
