// A tokenizer that keeps no tokens.
#include "workflows/notify_sync_failure/content/html_place.h"

#include <algorithm>
#include <array>
#include <utility>

#include "workflows/text/ascii.h"

namespace pawl::notify_sync_failure {

namespace {

using Reason = std::optional<std::string>;

constexpr std::size_t kSchemeMax = 32;
constexpr std::size_t kRememberedMax = 32;

// Elements whose text is not HTML; that of the last two is shown, and its entities are read.
constexpr std::array kRawElements = {"script",   "style",     "xmp",   "iframe",  "noembed",
                                     "noframes", "plaintext", "title", "textarea"};
constexpr std::array kUrlAttributes = {"action",     "background", "cite",     "codebase",  "data",     "dynsrc",
                                       "formaction", "href",       "longdesc", "lowsrc",    "manifest", "ping",
                                       "poster",     "src",        "srcset",   "xlink:href"};
// They hold several URLs, and a blank or a comma begins the next.
constexpr std::array kUrlListAttributes = {"imagesrcset", "ping", "srcset"};
constexpr std::array kCodeSchemes = {"javascript", "vbscript", "data"};

template <class Names>
bool among(std::string_view name, const Names& names) {
  return std::ranges::any_of(names, [&](const char* known) { return name == known; });
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool is_letter(char c) { return text::to_lower(c) >= 'a' && text::to_lower(c) <= 'z'; }

void add_bounded(std::string& last, char c) {
  if (last.size() >= kRememberedMax) last.erase(0, 1);
  last += text::to_lower(c);
}

}  // namespace

void HtmlPlace::read(std::string_view html) {
  for (const char c : html) read(c);
}

void HtmlPlace::read(char c) {
  switch (state_) {
    case State::kText:
      if (c == '<') state_ = State::kTagOpen, closes_ = false;
      return;
    case State::kTagOpen:
      return read_tag_open(c);
    case State::kTagName:
      if (c == '>') return end_tag();
      if (is_blank(c) || c == '/') return go_on_in_tag();
      element_ += text::to_lower(c);
      return;
    case State::kInTag:
    case State::kAfterAttributeName:
      return read_in_tag(c);
    case State::kAttributeName:
      return read_attribute_name(c);
    case State::kBeforeValue:
      return begin_value(c);
    case State::kDoubleQuoted:
    case State::kSingleQuoted:
      if (c == (state_ == State::kDoubleQuoted ? '"' : '\'')) return go_on_in_tag();
      return add_to_value(c);
    case State::kUnquoted:
      if (c == '>') return end_tag();
      if (is_blank(c)) return go_on_in_tag();
      return add_to_value(c);
    case State::kMarkup:
      return read_markup(c);
    case State::kComment:
      return read_comment(c);
    case State::kRaw:
      return read_raw(c);
  }
}

void HtmlPlace::read_tag_open(char c) {
  if (c == '/' && !closes_) {
    closes_ = true;
  } else if (is_letter(c)) {
    state_ = State::kTagName;
    element_ = text::to_lower(c);
  } else if (c == '!' || c == '?' || closes_) {  // </ before what is no letter is a comment up to the next >
    state_ = c == '>' ? State::kText : State::kMarkup;
    read_last_.assign(c == '!' ? 0 : 1, '?');
  } else if (c != '<') {
    state_ = State::kText;
  }
}

void HtmlPlace::read_in_tag(char c) {
  if (is_blank(c)) return;
  if (c == '>') return end_tag();
  if (c == '=' && state_ == State::kAfterAttributeName) {
    state_ = State::kBeforeValue;
    return;
  }
  if (c == '/') return go_on_in_tag();
  state_ = State::kAttributeName;
  attribute_ = text::to_lower(c);
}

void HtmlPlace::read_attribute_name(char c) {
  if (c == '>') return end_tag();
  if (c == '/') return go_on_in_tag();
  if (c == '=')
    state_ = State::kBeforeValue;
  else if (is_blank(c))
    state_ = State::kAfterAttributeName;
  else
    attribute_ += text::to_lower(c);
}

void HtmlPlace::begin_value(char c) {
  if (is_blank(c)) return;
  if (c == '>') return end_tag();
  scheme_.clear();
  scheme_is_code_ = after_ampersand_ = false;
  url_ = Url::kScheme;
  state_ = c == '"' ? State::kDoubleQuoted : c == '\'' ? State::kSingleQuoted : State::kUnquoted;
  if (state_ == State::kUnquoted) add_to_value(c);
}

void HtmlPlace::add_to_value(char c) {
  if (url_ == Url::kFixed || static_cast<unsigned char>(c) <= ' ') return;
  const bool is_slash = c == '/' || c == '\\';
  const bool of_entity = std::exchange(after_ampersand_, c == '&') && c == '#';
  if (c == '?' || (c == '#' && !of_entity)) {
    if (url_ == Url::kScheme) end_scheme(c);
    url_ = Url::kFixed;
  } else if (url_ == Url::kBeforeHost) {
    if (!is_slash) url_ = Url::kHost;
  } else if (url_ == Url::kHost) {
    if (is_slash) url_ = Url::kFixed;
  } else if (c == ':' || is_slash || scheme_.size() >= kSchemeMax) {
    end_scheme(c);
    url_ = is_slash && !scheme_.empty() ? Url::kFixed : Url::kBeforeHost;
  } else {
    scheme_ += text::to_lower(c);
  }
}

// An entity may stand for any character of a scheme.
void HtmlPlace::end_scheme(char c) {
  scheme_is_code_ |= (c == ':' && among(scheme_, kCodeSchemes)) || scheme_.find('&') != std::string::npos;
}

void HtmlPlace::read_markup(char c) {
  if (c == '>') {
    state_ = State::kText;
    return;
  }
  add_bounded(read_last_, c);
  if (read_last_ == "--") state_ = State::kComment;
}

void HtmlPlace::read_comment(char c) {
  add_bounded(read_last_, c);
  if (read_last_.ends_with("-->") || read_last_.ends_with("--!>")) state_ = State::kText;
}

void HtmlPlace::read_raw(char c) {
  add_bounded(read_last_, c);
  if (!(is_blank(c) || c == '/' || c == '>')) return;
  if (!std::string_view(read_last_).substr(0, read_last_.size() - 1).ends_with("</" + element_)) return;
  closes_ = true;
  go_on_in_tag();
  if (c == '>') end_tag();
}

void HtmlPlace::go_on_in_tag() {
  state_ = State::kInTag;
  attribute_.clear();
}

void HtmlPlace::end_tag() {
  const bool raw = !closes_ && among(element_, kRawElements);
  state_ = raw ? State::kRaw : State::kText;
  if (!raw) element_.clear();
  attribute_.clear();
  read_last_.clear();
  closes_ = false;
}

void HtmlPlace::pass_value(TemplateValue value) {
  if (state_ == State::kBeforeValue) state_ = State::kUnquoted;
  // A whole URL, which may end in its host.
  if (value == TemplateValue::kLink && url_ == Url::kScheme) url_ = Url::kHost;
}

std::optional<std::string> HtmlPlace::why_not(TemplateValue value) const {
  switch (state_) {
    case State::kText:
      return std::nullopt;
    case State::kRaw:
      return why_not_in_element(value);
    case State::kComment:
      if (value != TemplateValue::kText) return std::nullopt;
      return "text from outside has no place in a comment, where nobody reads it; move it out";
    case State::kDoubleQuoted:
    case State::kSingleQuoted:
      return why_not_in_attribute(value);
    case State::kBeforeValue:
    case State::kUnquoted:
      if (value == TemplateValue::kColor) return std::nullopt;
      return "an attribute without quotes ends at the first space, and what comes after it would be attributes; write "
             "the value between double quotes";
    default:
      return "nothing from outside has a place inside a tag; write it as text, or as an attribute's value between "
             "double quotes";
  }
}

std::optional<std::string> HtmlPlace::why_not_in_element(TemplateValue value) const {
  if (element_ == "title" || element_ == "textarea") return std::nullopt;
  if (element_ == "style" && value == TemplateValue::kColor) return std::nullopt;
  return "text from outside has no place in <" + element_ + ">, where it would be code; move it out";
}

std::optional<std::string> HtmlPlace::why_not_in_attribute(TemplateValue value) const {
  if (attribute_.starts_with("on") || attribute_ == "srcdoc" ||
      (attribute_ == "style" && value != TemplateValue::kColor))
    return "text from outside has no place in the attribute " + attribute_ + ", where it would be code; move it out";
  if (element_ == "meta" && attribute_ == "content" && value == TemplateValue::kText)
    return "text from outside has no place in <meta>, which may send the reader elsewhere; move it out";
  if (among(attribute_, kUrlListAttributes) && value == TemplateValue::kText)
    return "text from outside could add a link of its own to the attribute " + attribute_ + "; move it out";
  if (!among(attribute_, kUrlAttributes)) return std::nullopt;
  if (scheme_is_code_) return "text from outside has no place in a link that is code or data; link to a page by https";
  if (value == TemplateValue::kText && url_ != Url::kFixed)
    return "text from outside would decide where the link leads; write https://, the whole host and / before it, or "
           "{{settings_link}} and one of / ? #";
  return std::nullopt;
}

bool HtmlPlace::end_section(const HtmlPlace& begin) {
  if (state_ != begin.state_ || closes_ != begin.closes_ || element_ != begin.element_ ||
      attribute_ != begin.attribute_)
    return false;
  scheme_is_code_ |= begin.scheme_is_code_ || (url_ == Url::kScheme && scheme_ != begin.scheme_);
  if (begin.url_ == Url::kScheme) scheme_ = begin.scheme_;
  url_ = std::min(url_, begin.url_);
  return true;
}

}  // namespace pawl::notify_sync_failure
