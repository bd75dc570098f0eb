// Rows and cells, by their opening tags: closing ones may be left out.
#include "workflows/redaction/named/html_tables.h"

#include <algorithm>
#include <optional>

#include "workflows/redaction/named/column_names.h"
#include "workflows/text/ascii.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr std::size_t kHeadsMax = 600;  // bytes of the row of heads before the name, and behind it
constexpr std::size_t kTableMax = 16 * 1024;
constexpr std::size_t kBehindNameMax = 2;  // `Password:` in a head

struct Cell {
  bool is_head = false;
  Range text;  ///< Between the tags inside of it: `x` of `<td><code>x</code></td>`.
};

class Table {
 public:
  Table(string_view text, std::size_t end) : text_(text.substr(0, std::min(end, text.size()))) {}

  // `<td` at `at`, and no longer name.
  bool opens(string_view name, std::size_t at) const {
    if (at + name.size() + 1 >= text_.size() || text_[at] != '<') return false;
    for (std::size_t i = 0; i < name.size(); ++i)
      if (text::to_lower(text_[at + 1 + i]) != name[i]) return false;
    const char next = text_[at + 1 + name.size()];
    return next == '>' || next == ' ' || next == '\n';
  }

  std::size_t next_tag(std::size_t from) const { return std::min(text_.find('<', from), text_.size()); }

  // Where the next row begins, or the table's end.
  std::size_t next_row(std::size_t from) const {
    for (std::size_t at = next_tag(from); at < text_.size(); at = next_tag(at + 1))
      if (opens("tr", at) || opens("/table", at)) return at;
    return text_.size();
  }

  std::vector<Cell> cells(Range row) const {
    std::vector<Cell> found;
    for (std::size_t at = row.begin; at < row.end; at = next_tag(at + 1))
      if (opens("td", at) || opens("th", at))
        found.push_back({text::to_lower(text_[at + 2]) == 'h', cell_text(at, row.end)});
    return found;
  }

  string_view slice(Range range) const { return text_.substr(range.begin, range.end - range.begin); }

 private:
  Range cell_text(std::size_t tag, std::size_t row_end) const {
    std::size_t begin = tag;
    while (begin < row_end && text_[begin] == '<') {
      if (begin > tag && (opens("td", begin) || opens("th", begin) || opens("/td", begin) || opens("/th", begin)))
        return {begin, begin};
      begin = std::min({text_.find('>', begin), row_end - 1}) + 1;
      begin = std::min(text_.find_first_not_of(" \n", begin), row_end);
    }
    std::size_t end = std::min(next_tag(begin), row_end);
    while (end > begin && (text_[end - 1] == ' ' || text_[end - 1] == '\n')) --end;
    return {begin, end};
  }

  string_view text_;
};

// Where the row begins that the name stands in.
std::optional<std::size_t> row_of(const Table& table, string_view text, Range name) {
  const std::size_t from = name.begin - std::min(name.begin, kHeadsMax);
  for (std::size_t at = text.rfind('<', name.begin); at != string_view::npos && at >= from;
       at = text.rfind('<', at - 1)) {
    if (table.opens("tr", at)) return at;
    if (at == 0) break;
  }
  return std::nullopt;
}

bool are_heads(const Table& table, const std::vector<Cell>& cells) {
  const bool marked = std::all_of(cells.begin(), cells.end(), [](const Cell& cell) { return cell.is_head; });
  return cells.size() >= 2 && std::all_of(cells.begin(), cells.end(), [&](const Cell& cell) {
           const string_view head = table.slice(cell.text);
           return marked ? head.empty() || names_a_column(head) : is_usual_column(head);
         });
}

}  // namespace

std::vector<Range> cells_below_in_html(string_view folded, Range name) {
  if (folded.substr(name.end, 80).find('<') == string_view::npos) return {};
  const Table table(folded, name.end + kTableMax);
  const auto row = row_of(table, folded, name);
  if (!row) return {};
  std::size_t next = table.next_row(name.end);
  if (next > name.end + kHeadsMax) return {};
  const std::vector<Cell> heads = table.cells({*row, next});
  const auto own = std::find_if(heads.begin(), heads.end(), [&](const Cell& head) {
    return head.text.begin <= name.begin && name.end <= head.text.end && head.text.end <= name.end + kBehindNameMax;
  });
  if (own == heads.end() || !are_heads(table, heads)) return {};
  const auto column = static_cast<std::size_t>(own - heads.begin());
  std::vector<Range> values;
  while (table.opens("tr", next) && values.size() < kValuesMax) {
    const std::size_t end = table.next_row(next + 1);
    const std::vector<Cell> cells = table.cells({next, end});
    if (column < cells.size() && cells[column].text.begin < cells[column].text.end)
      values.push_back(cells[column].text);
    next = end;
  }
  return values;
}

}  // namespace pawl::redaction
