// From `kind: Secret` to the maps in the same document.
#include "workflows/redaction/named/secret_manifests.h"

#include <re2/re2.h>

#include <algorithm>

#include "workflows/redaction/reading/text_cursor.h"

namespace pawl::redaction {

namespace {

using std::string_view;

class Manifest {
 public:
  Manifest(const FoldedText& folded, Range document) : text_(folded), document_(document) {}

  void find(std::vector<Range>& found) const {
    static const RE2 map("\\b(?:data|stringData)[\"']?\\s*:( *)(?:(\\{)|\\n)");
    const string_view words = text_.slice(document_);
    re2::StringPiece match[3];
    for (std::size_t from = 0;
         map.Match({words.data(), words.size()}, from, words.size(), RE2::UNANCHORED, match, 3);) {
      const std::size_t name = document_.begin + static_cast<std::size_t>(match[0].data() - words.data());
      const std::size_t end = name + match[0].size();
      const Range values = match[2].data() != nullptr
                               ? Range{end, std::min(text_.closing_bracket(end - 1), document_.end)}
                               : Range{end, end_of_block(name, end)};
      if (match[2].data() != nullptr)
        find_in_brackets(values, found);
      else
        find_in_lines(values, found);
      from = std::max(values.end, end) - document_.begin;
    }
  }

 private:
  std::size_t indent_at(std::size_t line) const { return text_.skip(" ", line) - line; }
  std::size_t line_end(std::size_t at) const {
    return std::min(text_.or_end(text_.text().find('\n', at)), document_.end);
  }

  // The lines that stand farther to the right than the name.
  std::size_t end_of_block(std::size_t name, std::size_t begin) const {
    const std::size_t line = text_.text().rfind('\n', name);
    const std::size_t own = name - (line == string_view::npos ? 0 : line + 1);
    while (begin < document_.end && (indent_at(begin) > own || text_.at(begin) == '\n')) begin = line_end(begin) + 1;
    return std::min(begin, document_.end);
  }

  // `name: x` a line each; what has no name belongs to a value of several lines.
  void find_in_lines(Range block, std::vector<Range>& found) const {
    static const RE2 name("^[\"']?[\\w./-]+[\"']?:(?: +|$)(?:[|>][+-]?\\d?$)?");
    for (std::size_t begin = block.begin; begin < block.end; begin = line_end(begin) + 1) {
      const Range line{text_.skip(" ", begin), line_end(begin)};
      if (line.begin >= line.end) continue;
      re2::StringPiece rest(text_.text().data() + line.begin, line.end - line.begin);
      RE2::Consume(&rest, name);
      keep({line.end - rest.size(), line.end}, found);
    }
  }

  void find_in_brackets(Range map, std::vector<Range>& found) const {
    static const RE2 name("[\"']?[\\w./-]+[\"']?\\s*:\\s*()[^\\s]");
    const string_view words = text_.slice(map);
    re2::StringPiece match[2];
    for (std::size_t from = 0;
         name.Match({words.data(), words.size()}, from, words.size(), RE2::UNANCHORED, match, 2);) {
      const std::size_t begin = map.begin + static_cast<std::size_t>(match[1].data() - words.data());
      const auto enclosed = text_.enclosed_at(begin);
      const std::size_t end = std::min(text_.or_end(text_.text().find_first_of(",}\n", begin)), map.end);
      const Range value = enclosed ? *enclosed : Range{begin, end};
      keep(value, found);
      from = std::max(value.end, begin + 1) - map.begin;
      if (from > words.size()) break;
    }
  }

  void keep(Range value, std::vector<Range>& found) const {
    const bool quoted = value.begin < value.end && TextCursor::is_quote(text_.at(value.begin));
    if (quoted) value = text_.quoted(value.begin);
    if (value.begin < value.end) found.push_back(value);
  }

  TextCursor text_;
  Range document_;
};

}  // namespace

std::vector<Range> values_of_secret_manifests(const FoldedText& folded) {
  static const RE2 kind("(\\bkind[\"']?\\s*:\\s*[\"']?Secret\\b|\\bsecret/data/|[\"']lease_id[\"'])");
  const string_view text = folded.text;
  std::vector<Range> found;
  if (text.find("Secret") == string_view::npos && text.find("secret/data/") == string_view::npos &&
      text.find("lease_id") == string_view::npos)
    return found;
  re2::StringPiece match;
  for (std::size_t from = 0;
       from < text.size() && kind.Match({text.data(), text.size()}, from, text.size(), RE2::UNANCHORED, &match, 1);) {
    const std::size_t at = static_cast<std::size_t>(match.data() - text.data());
    const std::size_t begin = text.substr(from, at - from).rfind("\n---");
    const std::size_t end = std::min(text.find("\n---", at), text.size());
    Manifest(folded, {begin == string_view::npos ? from : from + begin, end}).find(found);
    from = end;
  }
  return found;
}

}  // namespace pawl::redaction
