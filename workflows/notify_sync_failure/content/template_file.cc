// Reads a file whole and looks at each of its characters once.
#include "workflows/notify_sync_failure/content/template_file.h"

#include <algorithm>
#include <string_view>

#include "engine/authoring/errors.h"
#include "storage/files/named_file.h"
#include "workflows/text/utf8.h"

namespace pawl::notify_sync_failure {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileMax = 256 * 1024;
constexpr const char* kWhatToDo = "; make it a file that this user may read";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string bytes_of(const fs::path& file) {
  std::string bytes;
  try {
    bytes = storage::beginning_of_file(file.string(), kFileMax + 1);
  } catch (const storage::UnusableFile& error) {
    refuse_template(file, std::string(": cannot be read: ") + error.what() + kWhatToDo);
  }
  if (bytes.size() > kFileMax) refuse_template(file, ": longer than 256 KiB; shorten it");
  return bytes;
}

void check_characters(const fs::path& file, std::string_view text) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view from = rest;
    const char32_t point = text::take_code_point(rest);
    const std::string_view before = text.substr(0, text.size() - from.size());
    if (point == 0xFFFD && !from.starts_with(kReplacement))
      refuse_template(file, before, "is not valid UTF-8; save the file as UTF-8");
    const bool white = point == '\t' || point == '\r' || point == '\n';
    if ((point < ' ' && !white) || (point >= 0x7F && point < 0xA0))
      refuse_template(file, before, "has a control character; save the file as plain text in UTF-8");
  }
}

}  // namespace

void refuse_template(const fs::path& file, const std::string& what) {
  throw engine::RefusedError("mail template " + file.string() + what);
}

void refuse_template(const fs::path& file, std::string_view before, const std::string& what) {
  refuse_template(file, ", line " + std::to_string(1 + std::ranges::count(before, '\n')) + ": " + what);
}

std::string template_text(const fs::path& file) {
  std::string text = bytes_of(file);
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  check_characters(file, text);
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    refuse_template(file, ": is empty; write this part of the mail, or remove the file to keep the built-in one");
  return text;
}

}  // namespace pawl::notify_sync_failure
