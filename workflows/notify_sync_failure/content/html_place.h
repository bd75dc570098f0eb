// Where in a page of HTML a template's value would stand, and whether text from outside may stand there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::notify_sync_failure {

/// What a template's tag stands for.
enum class TemplateValue {
  kText,   ///< Words from outside, or that may hold some.
  kLink,   ///< A whole URL by http or https, escaped; may be empty.
  kColor,  ///< As `#1f5fbf`; may be empty.
};

/// Follows a template through what HTML's tokenizer (WHATWG HTML, section 13.2.5) makes of it, as far as it matters for
/// values whose markup is escaped: they are harmless as text and between quotes, and nowhere else. A value type.
class HtmlPlace {
 public:
  /// What the template itself writes next.
  void read(std::string_view html);
  /// A value of this kind stands here next.
  void pass_value(TemplateValue value);

  /// Why a value of this kind must not stand here, with what to write instead; nothing if it may.
  std::optional<std::string> why_not(TemplateValue value) const;

  /// Ends a section that began at `begin` and may be left out. False, if what follows would then be read in another
  /// way.
  bool end_section(const HtmlPlace& begin);

 private:
  enum class State {
    kText,
    kTagOpen,
    kTagName,
    kInTag,
    kAttributeName,
    kAfterAttributeName,
    kBeforeValue,
    kDoubleQuoted,
    kSingleQuoted,
    kUnquoted,
    kMarkup,  // What begins with <! or <? and is no comment.
    kComment,
    kRaw,  // Inside an element whose text is no HTML.
  };

  void read(char c);
  void read_tag_open(char c);
  void read_in_tag(char c);
  void read_attribute_name(char c);
  void begin_value(char c);
  void add_to_value(char c);
  void end_scheme(char c);
  void read_markup(char c);
  void read_comment(char c);
  void read_raw(char c);
  void go_on_in_tag();
  void end_tag();
  std::optional<std::string> why_not_in_element(TemplateValue value) const;
  std::optional<std::string> why_not_in_attribute(TemplateValue value) const;

  State state_ = State::kText;
  bool closes_ = false;  // The tag is an end tag.
  std::string element_;  // The tag's name, or that of the element that is kRaw.
  std::string attribute_;
  std::string read_last_;  // Of a comment, of raw text and of markup: the end.
  // How far the attribute's value has come as a URL; from kFixed on nothing changes where it leads.
  enum class Url { kScheme, kBeforeHost, kHost, kFixed } url_ = Url::kScheme;
  std::string scheme_;  // What the value begins with, while that may be a URL's scheme.
  bool scheme_is_code_ = false;
  bool after_ampersand_ = false;  // In the value: a # goes on with an entity.
};

}  // namespace pawl::notify_sync_failure
