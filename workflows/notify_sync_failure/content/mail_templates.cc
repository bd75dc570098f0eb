// Reads the files, looks at each tag of them, and leaves the rest to the library.
#include "workflows/notify_sync_failure/content/mail_templates.h"

#include <algorithm>
#include <array>
#include <kainjow/mustache.hpp>
#include <mutex>
#include <string_view>
#include <system_error>
#include <vector>

#include "engine/authoring/errors.h"
#include "workflows/depositlink/content/html_page.h"
#include "workflows/notify_sync_failure/content/html_place.h"
#include "workflows/notify_sync_failure/content/template_file.h"
#include "workflows/text/plain_text.h"

namespace pawl::notify_sync_failure {

namespace {

namespace fs = std::filesystem;
namespace mustache = kainjow::mustache;

constexpr std::string_view kPrefix = "notify-sync-failure.";

enum class Escaping { kNone, kHtml };

struct Tag {
  const char* name;
  TemplateValue kind;
  std::string (*value)(const Facts&, const Brand&);
};

constexpr std::array kTags{
    Tag{"brand_color", TemplateValue::kColor, [](const Facts&, const Brand& brand) { return brand.color(); }},
    Tag{"brand_logo_url", TemplateValue::kLink, [](const Facts&, const Brand& brand) { return brand.logo_url(); }},
    Tag{"brand_name", TemplateValue::kText, [](const Facts&, const Brand& brand) { return brand.name(); }},
    Tag{"connection_link", TemplateValue::kLink,
        [](const Facts& facts, const Brand&) { return facts.connection_link; }},
    Tag{"error", TemplateValue::kText, [](const Facts& facts, const Brand&) { return facts.error; }},
    Tag{"integration", TemplateValue::kText, [](const Facts& facts, const Brand&) { return facts.integration; }},
    Tag{"label", TemplateValue::kText, [](const Facts& facts, const Brand&) { return facts.label; }},
    Tag{"organisation", TemplateValue::kText, [](const Facts& facts, const Brand&) { return facts.organisation; }},
    Tag{"provider", TemplateValue::kText, [](const Facts& facts, const Brand&) { return facts.provider; }},
    Tag{"settings_link", TemplateValue::kLink, [](const Facts& facts, const Brand&) { return facts.settings_link; }},
    Tag{"usual_causes", TemplateValue::kText, [](const Facts&, const Brand&) { return std::string(kUsualCauses); }},
    Tag{"what_to_do", TemplateValue::kText, [](const Facts&, const Brand&) { return std::string(kWhatToDo); }},
    Tag{"when", TemplateValue::kText, [](const Facts& facts, const Brand&) { return facts.when; }}};

const Tag* find_tag(std::string_view name) {
  const auto* const found = std::ranges::find_if(kTags, [&](const Tag& tag) { return tag.name == name; });
  return found == kTags.end() ? nullptr : found;
}

std::string known_names() {
  std::string names;
  for (const Tag& tag : kTags) names.append(names.empty() ? "" : ", ").append(tag.name);
  return names;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

struct TagText {
  std::string_view whole;  // `{{ name }}`
  std::string_view inner;  // What stands between the first two and the last two braces, trimmed.
};

struct Section {
  TagText tag;
  HtmlPlace place;
};

// Looks at each tag in turn, and at which sections are open.
class TagCheck {
 public:
  TagCheck(const fs::path& file, std::string_view text, Escaping escaping)
      : file_(file), text_(text), escaping_(escaping) {}

  void run() {
    std::size_t read = 0;
    for (auto begin = text_.find("{{"); begin != std::string_view::npos;) {
      place_.read(text_.substr(read, begin - read));
      auto end = text_.find("}}", begin + 2);
      if (end == std::string_view::npos) refuse(text_.substr(begin, 40), "has no }} at its end");
      if (text_.substr(begin).starts_with("{{{") && text_.substr(end).starts_with("}}}")) ++end;
      const std::string_view whole = text_.substr(begin, end + 2 - begin);
      check({whole, trimmed(whole.substr(2, whole.size() - 4))});
      read = end + 2;
      begin = text_.find("{{", end);
    }
    if (open_.empty()) return;
    const TagText& open = open_.back().tag;
    refuse(open.whole, "is not closed; write {{/" + name_of(open) + "}} after it");
  }

 private:
  [[noreturn]] void refuse(std::string_view tag, const std::string& what) const {
    const auto before = static_cast<std::size_t>(tag.data() - text_.data());
    refuse_template(file_, text_.substr(0, before), text::in_quotes(tag) + ": " + what);
  }

  // What is unescaped could let a provider's words write HTML.
  void check(const TagText& tag) {
    const char kind = tag.inner.empty() ? ' ' : tag.inner.front();
    if (kind == '!') return;
    if (kind == '>' || kind == '=') refuse(tag.whole, "partials and other delimiters are not used; write the text out");
    if (escaping_ == Escaping::kHtml && (kind == '{' || kind == '&'))
      refuse(tag.whole, "text from outside must be escaped in HTML; write it between two braces");
    const Tag* const known = find_tag(name_of(tag));
    if (known == nullptr) refuse(tag.whole, "no such tag; there are " + known_names());
    if (kind == '#' || kind == '^')
      open_.push_back({tag, place_});
    else if (kind == '/')
      close(tag);
    else
      check_place(tag, known->kind);
  }

  // What is escaped is harmless as text, but not everywhere in a page.
  void check_place(const TagText& tag, TemplateValue value) {
    if (escaping_ != Escaping::kHtml) return;
    if (const auto reason = place_.why_not(value)) refuse(tag.whole, *reason);
    place_.pass_value(value);
  }

  void close(const TagText& tag) {
    if (open_.empty()) refuse(tag.whole, "closes no section; write {{#" + name_of(tag) + "}} before it");
    const Section section = open_.back();
    open_.pop_back();
    if (name_of(section.tag) != name_of(tag))
      refuse(tag.whole, "closes another section than " + text::in_quotes(section.tag.whole) + ", which is open");
    if (escaping_ == Escaping::kHtml && !place_.end_section(section.place))
      refuse(tag.whole,
             "the section ends at another place of HTML than it began at, as between quotes and behind them; "
             "close within it what it opens");
  }

  static std::string name_of(const TagText& tag) {
    std::string_view name = tag.inner;
    const char kind = name.empty() ? ' ' : name.front();
    if (std::string_view("#^/&{").find(kind) != std::string_view::npos) name.remove_prefix(1);
    if (kind == '{' && name.ends_with('}')) name.remove_suffix(1);
    return std::string(trimmed(name));
  }

  const fs::path& file_;
  const std::string_view text_;
  const Escaping escaping_;
  HtmlPlace place_;  // Of what has been looked at; looked at where values are escaped for HTML.
  std::vector<Section> open_;
};

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
    TagCheck(file, text, escaping).run();
    if (!template_.is_valid()) refuse_template(file, ": " + template_.error_message());
    if (escaping == Escaping::kHtml)
      template_.set_custom_escape(depositlink::html_escaped);
    else
      template_.set_custom_escape([](const std::string& value) { return value; });
  }

  /// Nothing where the directory has no such file.
  static std::unique_ptr<Template> in(const fs::path& directory, std::string_view part, Escaping escaping) {
    const fs::path file = directory / std::string(kPrefix).append(part).append(".mustache");
    std::error_code error;  // A link to nothing is there, and cannot be read.
    if (!fs::exists(fs::symlink_status(file, error))) return nullptr;
    return std::make_unique<Template>(file, template_text(file), escaping);
  }

  std::string render(const mustache::data& data) {
    const std::lock_guard alone(mutex_);  // the library's template is changed by being rendered
    return template_.render(data);
  }

 private:
  std::mutex mutex_;
  mustache::mustache template_;
};

namespace {

// Before any file of it is read: a mistyped name must not be passed over.
const fs::path& checked(const fs::path& directory) try {
  if (!fs::exists(directory))
    throw engine::RefusedError("mail templates: there is no " + directory.string() +
                               "; name the directory of templates");
  if (!fs::is_directory(directory))
    throw engine::RefusedError("mail templates: " + directory.string() +
                               " is a file; name the directory that it is in");
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const std::string_view part = std::string_view(name).substr(kPrefix.size());
    if (part != "subject.mustache" && part != "text.mustache" && part != "html.mustache")
      refuse_template(entry.path(), ": no part of a mail has this name; the parts are subject, text and html, as in " +
                                        std::string(kPrefix) + "html.mustache");
  }
  return directory;
} catch (const fs::filesystem_error& error) {
  throw engine::RefusedError("mail templates: cannot read " + directory.string() + ": " + error.code().message() +
                             "; let this user list and enter it");
}

}  // namespace

MailTemplates::MailTemplates(const fs::path& directory)
    : subject_(Template::in(checked(directory), "subject", Escaping::kNone)),
      text_(Template::in(directory, "text", Escaping::kNone)),
      html_(Template::in(directory, "html", Escaping::kHtml)) {
  if (!subject_ && !text_ && !html_)
    throw engine::RefusedError("mail templates: " + directory.string() + " has none of " + std::string(kPrefix) +
                               "subject.mustache, .text.mustache and .html.mustache; name the directory that has");
}

MailTemplates::~MailTemplates() = default;

EmailContent MailTemplates::render(const Facts& facts, const Brand& brand, EmailContent built_in) const {
  const mustache::data data = data_of(facts, brand);
  if (subject_) built_in.subject = text::plain_line(subject_->render(data));
  if (text_) built_in.text = text_->render(data);
  if (html_) built_in.html = html_->render(data);
  return built_in;
}

}  // namespace pawl::notify_sync_failure
