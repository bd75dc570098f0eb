// The files of templates, as deployments write them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace pawl::notify_sync_failure {

/// What is wrong with a template, after the file's name. Throws engine::RefusedError.
[[noreturn]] void refuse_template(const std::filesystem::path& file, const std::string& what);
/// The same of one of its lines; `before` is the text up to what is wrong.
[[noreturn]] void refuse_template(const std::filesystem::path& file, std::string_view before, const std::string& what);

/// The text of the file, without a byte order mark. Refuses what is no regular file, cannot be read, is blank, longer
/// than 256 KiB, or no UTF-8, and control characters but for tabs and line ends. Waits for nobody to write.
std::string template_text(const std::filesystem::path& file);

}  // namespace pawl::notify_sync_failure
