// Lines, indentation and cells.
#include "workflows/redaction/named/secret_blocks.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "workflows/redaction/named/column_names.h"
#include "workflows/redaction/named/html_tables.h"
#include "workflows/redaction/reading/expression.h"
#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr std::size_t kHeaderMax = 300;  // bytes of a line or list that names columns
constexpr std::size_t kOtherWordsMax = 12;
constexpr std::size_t kBlockMax = 16 * 1024;

Range trimmed(string_view text, Range cell, string_view around) {
  while (cell.begin < cell.end && around.find(text[cell.begin]) != string_view::npos) ++cell.begin;
  while (cell.end > cell.begin && around.find(text[cell.end - 1]) != string_view::npos) --cell.end;
  return cell;
}

// The cells of a line or list, which `sign` divides where no quotes are around it; several blanks divide like one.
std::vector<Range> cells_of(string_view text, Range line, char sign) {
  std::vector<Range> cells;
  char quote = '\0';
  std::size_t begin = line.begin;
  for (std::size_t at = line.begin; at < line.end; ++at) {
    const char c = text[at];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if ((c == '"' || c == '\'') && trimmed(text, {begin, at}, " N").begin == at) {
      quote = c;
    } else if (c == sign) {
      if (sign != ' ' || at > begin) cells.push_back({begin, at});
      begin = at + 1;
    }
  }
  cells.push_back({begin, line.end});
  for (Range& cell : cells) cell = trimmed(text, trimmed(text, cell, " "), "\"'`*");
  return cells;
}

class Lines {
 public:
  Lines(string_view text, Range name) : text_(text), name_(name), line_(line_at(name.begin)) {}

  std::vector<Range> values() const {
    if (auto body = here_document(); !body.empty()) return body;
    if (auto entries = yaml_entries(); !entries.empty()) return entries;
    if (auto cells = column(); !cells.empty()) return cells;
    if (auto cells = cells_below_in_html(text_, name_); !cells.empty()) return cells;
    return place_in_lists();
  }

 private:
  string_view slice(Range range) const { return text_.substr(range.begin, range.end - range.begin); }

  // Without the end of the line. Nothing of a line is looked at beyond some thousand bytes.
  Range line_at(std::size_t at) const {
    const std::size_t from = at - std::min(at, kHeaderMax);
    const std::size_t newline = text_.substr(from, at - from).rfind('\n');
    return {newline == string_view::npos ? from : from + newline + 1, end_of_line(at)};
  }
  std::size_t end_of_line(std::size_t at) const {
    const std::size_t found = text_.substr(at, kBlockMax).find('\n');
    return found == string_view::npos ? std::min(text_.size(), at + kBlockMax) : at + found;
  }
  std::optional<Range> line_below(Range line) const {
    if (line.end >= text_.size() || text_[line.end] != '\n' || line.end > name_.end + kBlockMax) return std::nullopt;
    return Range{line.end + 1, end_of_line(line.end + 1)};
  }
  std::size_t indent(Range line) const {
    const std::size_t first = slice(line).find_first_not_of(' ');
    return first == string_view::npos ? line.end - line.begin : first;
  }

  // `PASSWORD=<<EOF`, `password = <<~END`, `PASSWORD=$(cat <<'EOF'` and the lines until the one that says so.
  std::vector<Range> here_document() const {
    static const RE2 opening("^[^\\n<]{0,60}<<[-~]? ?[\"']?([A-Z_][A-Z0-9_]*)[\"']?(?:[^\\n>][^\\n]{0,60})?$");
    const Range rest{name_.end, line_.end};
    re2::StringPiece tag;
    if (rest.end - rest.begin > 2 * kHeaderMax ||
        !RE2::PartialMatch({slice(rest).data(), slice(rest).size()}, opening, &tag))
      return {};
    Range body{line_.end + 1, line_.end + 1};
    for (auto line = line_below(line_); line; line = line_below(*line)) {
      if (slice(trimmed(text_, *line, " ")) == string_view(tag.data(), tag.size())) break;
      body.end = line->end;
    }
    if (body.begin >= body.end) return {};
    return {trimmed(text_, body, " \n")};
  }

  // `passwords:` with `- a` and `- b` below it, or `db: a` and `mail: b` farther to the right; of a single `password:`
  // only what is called its value.
  std::vector<Range> yaml_entries() const {
    static const RE2 nothing_follows("^[\"']?\\s*:\\s*(?:[&!][\\w:/.-]+\\s*)?$");
    static const RE2 item("^\\s*-\\s+(?:[\"']?[\\w.-]+[\"']?\\s*:\\s+)?([^\\s#].*)$");
    static const RE2 pair("^\\s*[\"']?[\\w.-]+[\"']?\\s*:\\s+([^\\s#].*)$");
    static const RE2 its_value(
        "^\\s*[\"']?(?:value|current|new|default|content|data|text|plain\\w*)[\"']?\\s*:\\s+([^\\s#].*)$");
    static const RE2 innocent(
        "(?i)^\\s*(?:-\\s+)?[\"']?(?:name|key|user|username|login|type|kind|host|url|uri|id|path|file|provider|"
        "enabled|env|version|created|expires|description|scope|scopes)\\w*[\"']?\\s*:");
    if (!matches(slice({name_.end, line_.end}), nothing_follows)) return {};
    const bool is_item = slice(line_).substr(indent(line_)).starts_with("- ");
    const std::size_t own = indent(line_) + (is_item ? 2 : 0);
    const bool begins_line = trimmed(text_, {line_.begin, name_.begin}, " -\"'").begin == name_.begin;
    const bool plural = begins_line && ((text_[name_.end - 1] | 0x20) == 's' || slice(name_) == "stringData");
    std::vector<Range> entries;
    for (auto line = line_below(line_); line && entries.size() < kValuesMax; line = line_below(*line)) {
      const string_view words = slice(*line);
      const std::size_t depth = indent(*line);
      const bool is_entry = words.substr(depth).starts_with("- ");
      if (depth < own || (depth == own && !is_entry)) break;
      re2::StringPiece value;
      const RE2& entry = is_entry ? item : plural ? pair : its_value;
      if (matches(words, innocent) || !RE2::PartialMatch({words.data(), words.size()}, entry, &value)) continue;
      const std::size_t begin = static_cast<std::size_t>(value.data() - text_.data());
      if (slice({begin, line->end}).ends_with(':')) continue;
      entries.push_back(trimmed(text_, trimmed(text_, {begin, line->end}, " ,"), "\"'"));
    }
    return entries;
  }

  // The column that the name is the head of. Tabs are blanks here, so those divide where the heads are usual ones.
  std::vector<Range> column() const {
    if (line_.end - line_.begin > kHeaderMax || !line_below(line_)) return {};
    for (const char sign : {'|', ',', ';', ' '}) {
      if (slice(line_).find(sign) == string_view::npos) continue;
      const std::vector<Range> heads = cells_of(text_, line_, sign);
      if (heads.size() < 2) continue;
      const auto own = std::find_if(heads.begin(), heads.end(), [&](Range head) { return is_name(head); });
      if (own == heads.end()) continue;
      const bool named = std::all_of(heads.begin(), heads.end(), [&](Range head) {
        const string_view cell = slice(head);
        return (sign == '|' && cell.empty()) || (sign == ' ' ? is_usual_column(cell) : names_a_column(cell));
      });
      if (!named) continue;
      return cells_below(sign, heads.size(), static_cast<std::size_t>(own - heads.begin()));
    }
    return {};
  }

  std::vector<Range> cells_below(char sign, std::size_t columns, std::size_t own) const {
    static const RE2 ruler("^[-+|=: ]+$");
    std::vector<Range> found;
    for (auto line = line_below(line_); line && found.size() < kValuesMax; line = line_below(*line)) {
      if (matches(slice(*line), ruler)) continue;
      const std::vector<Range> cells = cells_of(text_, *line, sign);
      if (cells.size() != columns) break;
      if (cells[own].begin < cells[own].end) found.push_back(cells[own]);
    }
    return found;
  }

  // Of a head that ends with the name: `password`, `API token`.
  bool is_name(Range cell) const {
    return cell.begin <= name_.begin && name_.end <= cell.end && cell.end <= name_.end + 2 &&
           name_.begin <= cell.begin + kOtherWordsMax;
  }

  // `insert into t (name, password) values ('a', 'b'), ('c', 'd')`, `"columns": [...], "rows": [[...]]`.
  std::vector<Range> place_in_lists() const {
    static const RE2 next(
        "(?i)^[)\\]]\\s*(?:values\\s*|[,;]?\\s*[\"']?(?:rows|data|values|records)[\"']?\\s*[:=]\\s*\\[)[(\\[]");
    const std::size_t from = name_.begin - std::min(name_.begin, kHeaderMax);
    const std::size_t open = text_.substr(from, name_.begin - from).find_last_of("([");
    const std::size_t close = text_.substr(name_.end, kHeaderMax).find_first_of(")]\n");
    if (open == string_view::npos || close == string_view::npos) return {};
    const Range heads{from + open + 1, name_.end + close};
    re2::StringPiece rest(text_.data() + heads.end, std::min(kHeaderMax, text_.size() - heads.end));
    if (!RE2::Consume(&rest, next)) return {};
    const std::vector<Range> names = cells_of(text_, heads, ',');
    const auto own = std::find_if(names.begin(), names.end(), [&](Range head) { return is_name(head); });
    if (own == names.end()) return {};
    return cells_in_lists(static_cast<std::size_t>(rest.data() - text_.data()), names.size(),
                          static_cast<std::size_t>(own - names.begin()));
  }

  std::vector<Range> cells_in_lists(std::size_t begin, std::size_t columns, std::size_t own) const {
    static const RE2 next_list("^\\s*,\\s*[(\\[]");
    std::vector<Range> found;
    while (found.size() < kValuesMax) {
      const std::size_t end = end_of_list(begin);
      const std::vector<Range> cells = cells_of(text_, {begin, end}, ',');
      if (cells.size() != columns) break;
      found.push_back(cells[own]);
      if (end == text_.size()) break;
      re2::StringPiece rest(text_.data() + end + 1, std::min<std::size_t>(8, text_.size() - end - 1));
      if (!RE2::Consume(&rest, next_list)) break;
      begin = static_cast<std::size_t>(rest.data() - text_.data());
    }
    return found;
  }

  // Its closing bracket, but for those in quotes and of calls within it.
  std::size_t end_of_list(std::size_t begin) const {
    char quote = '\0';
    std::size_t nested = 0;
    const std::size_t limit = std::min(text_.size(), begin + kBlockMax);
    for (std::size_t at = begin; at < limit; ++at) {
      const char c = text_[at];
      if (quote != '\0')
        quote = c == quote ? '\0' : quote;
      else if (c == '"' || c == '\'')
        quote = c;
      else if (c == '(' || c == '[')
        ++nested;
      else if ((c == ')' || c == ']') && nested-- == 0)
        return at;
    }
    return limit;
  }

  string_view text_;
  Range name_;
  Range line_;
};

}  // namespace

std::vector<Range> values_headed_by(const FoldedText& text, Range name) { return Lines(text.text, name).values(); }

}  // namespace pawl::redaction
