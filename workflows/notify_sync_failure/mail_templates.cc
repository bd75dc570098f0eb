// Reads the files, looks at each tag of them, and leaves the rest to the library.
#include "workflows/notify_sync_failure/mail_templates.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <kainjow/mustache.hpp>
#include <mutex>
#include <string_view>

#include "engine/errors.h"
#include "workflows/notify_sync_failure/html_mail.h"
#include "workflows/notify_sync_failure/plain_text.h"

namespace pawl::notify_sync_failure {

namespace {

namespace fs = std::filesystem;
namespace mustache = kainjow::mustache;

constexpr std::size_t kFileMax = 256 * 1024;
constexpr std::string_view kPrefix = "notify-sync-failure.";

enum class Escaping { kNone, kHtml };

struct Tag {
  const char* name;
  std::string (*value)(const Facts&, const Brand&);
};

constexpr std::array kTags{
    Tag{"brand_color", [](const Facts&, const Brand& brand) { return brand.color(); }},
    Tag{"brand_logo_url", [](const Facts&, const Brand& brand) { return brand.logo_url(); }},
    Tag{"brand_name", [](const Facts&, const Brand& brand) { return brand.name(); }},
    Tag{"connection_link", [](const Facts& facts, const Brand&) { return facts.connection_link; }},
    Tag{"error", [](const Facts& facts, const Brand&) { return facts.error; }},
    Tag{"integration", [](const Facts& facts, const Brand&) { return facts.integration; }},
    Tag{"label", [](const Facts& facts, const Brand&) { return facts.label; }},
    Tag{"organisation", [](const Facts& facts, const Brand&) { return facts.organisation; }},
    Tag{"provider", [](const Facts& facts, const Brand&) { return facts.provider; }},
    Tag{"settings_link", [](const Facts& facts, const Brand&) { return facts.settings_link; }},
    Tag{"usual_causes", [](const Facts&, const Brand&) { return std::string(kUsualCauses); }},
    Tag{"what_to_do", [](const Facts&, const Brand&) { return std::string(kWhatToDo); }},
    Tag{"when", [](const Facts& facts, const Brand&) { return facts.when; }}};

bool is_known(std::string_view name) {
  return std::ranges::any_of(kTags, [&](const Tag& tag) { return tag.name == name; });
}

std::string known_names() {
  std::string names;
  for (const Tag& tag : kTags) names.append(names.empty() ? "" : ", ").append(tag.name);
  return names;
}

[[noreturn]] void refuse(const fs::path& file, const std::string& what) {
  throw engine::RefusedError("mail template " + file.string() + what);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// `inner` is what stands between the first two and the last two braces. What is unescaped could let a provider's words
// write HTML.
void check_tag(std::string_view inner, Escaping escaping, const std::function<void(const std::string&)>& refuse_tag) {
  const char kind = inner.empty() ? ' ' : inner.front();
  if (kind == '!') return;
  if (kind == '>' || kind == '=') refuse_tag("partials and other delimiters are not used; write the text out");
  if (escaping == Escaping::kHtml && (kind == '{' || kind == '&'))
    refuse_tag("text from outside must be escaped in HTML; write it between two braces");
  if (std::string_view("#^/&{").find(kind) != std::string_view::npos) inner.remove_prefix(1);
  if (kind == '{' && inner.ends_with('}')) inner.remove_suffix(1);
  if (!is_known(trimmed(inner))) refuse_tag("no such tag; there are " + known_names());
}

void check_tags(const fs::path& file, std::string_view text, Escaping escaping) {
  for (auto begin = text.find("{{"); begin != std::string_view::npos;) {
    auto end = text.find("}}", begin + 2);
    if (end != std::string_view::npos && text.substr(begin).starts_with("{{{") && text.substr(end).starts_with("}}}"))
      ++end;
    const std::string_view tag = text.substr(begin, end == std::string_view::npos ? 40 : end + 2 - begin);
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
    const auto refuse_tag = [&](const std::string& what) {
      refuse(file, ", line " + std::to_string(line) + ": " + in_quotes(tag) + ": " + what);
    };
    if (end == std::string_view::npos) refuse_tag("has no }} at its end");
    check_tag(trimmed(tag.substr(2, tag.size() - 4)), escaping, refuse_tag);
    begin = text.find("{{", end);
  }
}

std::string contents_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(kFileMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || !stream.eof()) {
    if (stream.gcount() > static_cast<std::streamsize>(kFileMax)) refuse(file, ": longer than 256 KiB");
    refuse(file, ": cannot be read; make it a file that this user may read");
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

mustache::data data_of(const Facts& facts, const Brand& brand) {
  mustache::data data;
  for (const Tag& tag : kTags) {
    const std::string value = tag.value(facts, brand);
    if (!value.empty()) data.set(tag.name, value);  // what is empty is false, as a section asks
  }
  return data;
}

}  // namespace

class MailTemplates::Template {
 public:
  Template(const fs::path& file, const std::string& text, Escaping escaping) : template_(text) {
    check_tags(file, text, escaping);
    if (!template_.is_valid()) refuse(file, ": " + template_.error_message());
    if (escaping == Escaping::kHtml)
      template_.set_custom_escape(html_escaped);
    else
      template_.set_custom_escape([](const std::string& value) { return value; });
  }

  /// Nothing where the directory has no such file.
  static std::unique_ptr<Template> in(const fs::path& directory, std::string_view part, Escaping escaping) {
    const fs::path file = directory / std::string(kPrefix).append(part).append(".mustache");
    if (!fs::exists(file)) return nullptr;
    return std::make_unique<Template>(file, contents_of(file), escaping);
  }

  std::string render(const mustache::data& data) {
    const std::lock_guard alone(mutex_);  // the library's template is changed by being rendered
    return template_.render(data);
  }

 private:
  std::mutex mutex_;
  mustache::mustache template_;
};

MailTemplates::MailTemplates(const fs::path& directory) try
    : subject_(Template::in(directory, "subject", Escaping::kNone)),
      text_(Template::in(directory, "text", Escaping::kNone)),
      html_(Template::in(directory, "html", Escaping::kHtml)) {
  if (!subject_ && !text_ && !html_)
    throw engine::RefusedError("mail templates: " + directory.string() + " has none of " + std::string(kPrefix) +
                               "subject.mustache, .text.mustache and .html.mustache; name the directory that has");
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const std::string_view part = std::string_view(name).substr(kPrefix.size());
    if (part != "subject.mustache" && part != "text.mustache" && part != "html.mustache")
      refuse(entry.path(), ": no part of a mail has this name; the parts are subject, text and html, as in " +
                               std::string(kPrefix) + "html.mustache");
  }
} catch (const fs::filesystem_error& error) {
  throw engine::RefusedError("mail templates: cannot read " + directory.string() + ": " + error.code().message());
}

MailTemplates::~MailTemplates() = default;

EmailContent MailTemplates::render(const Facts& facts, const Brand& brand, EmailContent built_in) const {
  const mustache::data data = data_of(facts, brand);
  if (subject_) built_in.subject = subject_->render(data);
  if (text_) built_in.text = text_->render(data);
  if (html_) built_in.html = html_->render(data);
  return built_in;
}

}  // namespace pawl::notify_sync_failure
