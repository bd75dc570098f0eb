// Cuts and paints cells; what is left out of a cell is an ellipsis.
#include "bin/output/terminal_table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "bin/output/terminal_text.h"
#include "engine/authoring/uuid.h"
#include "workflows/text/plain_text.h"

namespace pawl::bin {

namespace {

constexpr std::size_t kNarrowest = 80;    // of a terminal that does not say
constexpr std::size_t kNarrowColumn = 8;  // is not cut to less
constexpr std::size_t kShortId = 8;       // the end of an id that is in the order of time
constexpr std::size_t kGap = 2;           // between columns

struct Painted {
  std::string_view word;
  const char* colour;
};
constexpr const char* kGreen = "\033[32m";
constexpr const char* kYellow = "\033[33m";
constexpr const char* kRed = "\033[31m";
constexpr std::array<Painted, 15> kPainted{{{"done", kGreen},
                                            {"succeeded", kGreen},
                                            {"accepted", kGreen},
                                            {"created", kGreen},
                                            {"resumed", kGreen},
                                            {"running", kYellow},
                                            {"waiting", kYellow},
                                            {"retrying", kYellow},
                                            {"deferred", kYellow},
                                            {"sending", kYellow},
                                            {"in_doubt", kRed},
                                            {"failed", kRed},
                                            {"rejected", kRed},
                                            {"refused", kRed},
                                            {"cancelled", kRed}}};

using Lines = std::vector<std::vector<std::string>>;

std::vector<std::size_t> widths_of(const Lines& lines) {
  std::vector<std::size_t> widths(lines.front().size(), 0);
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
  return widths;
}

std::size_t total(const std::vector<std::size_t>& widths) {
  std::size_t all = 0;
  for (const std::size_t width : widths) all += width + kGap;
  return all - kGap;
}

// RFC 3339 as this process prints it.
bool is_moment(const std::string& text) {
  return text.size() >= 20 && text[4] == '-' && text[10] == 'T' && text[13] == ':' && text.back() == 'Z';
}

void shorten_ids_and_moments(Lines& lines) {
  for (auto& line : lines)
    for (std::string& cell : line)
      if (engine::is_uuid(cell))
        cell.erase(0, cell.size() - kShortId);
      else if (is_moment(cell))
        cell = cell.substr(5, 5).append(" ").append(cell, 11, 8).append("Z");
}

// The widest column gives, one by one, until all fit.
void cut_widest(Lines& lines, std::size_t width) {
  std::vector<std::size_t> widths = widths_of(lines);
  while (total(widths) > width) {
    const auto widest = std::ranges::max_element(widths);
    if (*widest <= kNarrowColumn) break;
    --*widest;
  }
  for (auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) line[i] = text::shortened(std::move(line[i]), widths[i]);
}

const char* colour_of(const std::string& cell) {
  const auto first = std::string_view(cell).substr(0, cell.find(':'));
  const auto found = std::ranges::find(kPainted, first, &Painted::word);
  return found == kPainted.end() ? nullptr : found->colour;
}

void print_line(std::ostream& out, const std::vector<std::string>& line, const std::vector<std::size_t>& widths,
                bool is_painted) {
  std::size_t blanks = 0;  // not written before a line's end
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!line[i].empty()) {
      out << std::string(blanks, ' ');
      blanks = 0;
      const char* colour = is_painted ? colour_of(line[i]) : nullptr;
      if (colour != nullptr)
        out << colour << line[i] << "\033[0m";
      else
        out << line[i];
    }
    blanks += widths[i] - width_of(line[i]) + kGap;
  }
  out << '\n';
}

std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kNarrowest;
}

}  // namespace

void print_laid_out(std::ostream& out, const Table& table, const Layout& layout) {
  Lines lines(1);
  for (const auto& column : table.columns) lines.front().push_back(terminal_line(column));
  for (const auto& row : table.rows) {
    auto& line = lines.emplace_back();
    for (const auto& cell : row) line.push_back(terminal_line(cell.value_or("")));
  }
  if (layout.width > 0 && total(widths_of(lines)) > layout.width) {
    shorten_ids_and_moments(lines);
    cut_widest(lines, layout.width);
  }
  const std::vector<std::size_t> widths = widths_of(lines);
  for (std::size_t i = 0; i < lines.size(); ++i) print_line(out, lines[i], widths, layout.colour && i > 0);
}

void print_for_people(Console& console, const Table& table, OutputFormat format) {
  if (format == OutputFormat::kTable)
    print_for_people(console, table);
  else
    print_table(console.out, table, format);
}

void print_for_people(Console& console, const Table& table) {
  if (!console.out_is_terminal) return print_table(console.out, table, OutputFormat::kTable);
  const char* const plain = std::getenv("NO_COLOR");
  // colours would not pass the filter, and cells have passed it
  const bool colour = console.plain_out != nullptr && (plain == nullptr || *plain == '\0');
  console.out.flush();
  std::ostream& out = colour ? *console.plain_out : console.out;
  print_laid_out(out, table, {.width = terminal_width(), .colour = colour});
  out.flush();
}

}  // namespace pawl::bin
