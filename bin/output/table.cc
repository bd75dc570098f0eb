// Prints tables in their three forms.
#include "bin/output/table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bin/output/terminal_text.h"

namespace pawl::bin {

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) { return (byte & 0xc0) != 0x80; }));
}

namespace {

void print_row(std::ostream& out, const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line.append(widths[i] - width_of(cells[i]) + 2, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

void print_aligned(std::ostream& out, const Table& table) {
  std::vector<std::vector<std::string>> lines(1);
  for (const auto& column : table.columns) lines.front().push_back(terminal_line(column));
  for (const auto& row : table.rows) {
    auto& line = lines.emplace_back();
    for (const auto& cell : row) line.push_back(terminal_line(cell.value_or("")));
  }
  std::vector<std::size_t> widths(table.columns.size(), 0);
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
  for (const auto& line : lines) print_row(out, line, widths);
}

// An infinity, which SQLite has, is no number in JSON.
nlohmann::ordered_json number_of(const std::string& text) {
  auto number = nlohmann::ordered_json::parse(text, nullptr, false);
  return number.is_number() ? number : nlohmann::ordered_json(text);
}

void print_rows_json(std::ostream& out, const Table& table) {
  auto objects = nlohmann::ordered_json::array();
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    auto& object = objects.emplace_back(nlohmann::ordered_json::object());
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const Table::Cell& cell = table.rows[row][i];
      const bool number = row < table.is_number.size() && table.is_number[row][i];
      object[table.columns[i]] = !cell    ? nlohmann::ordered_json()
                                 : number ? number_of(*cell)
                                          : nlohmann::ordered_json(*cell);
    }
  }
  print_json(out, objects);
}

}  // namespace

void print_json(std::ostream& out, const nlohmann::ordered_json& document) {
  out << terminal_json(document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) << '\n';
}

void print_table(std::ostream& out, const Table& table, OutputFormat format) {
  switch (format) {
    case OutputFormat::kTable:
      return print_aligned(out, table);
    case OutputFormat::kJson:
      return print_rows_json(out, table);
    case OutputFormat::kIds:
      for (const auto& row : table.rows) out << terminal_line(row[table.id_column].value_or("")) << '\n';
  }
}

}  // namespace pawl::bin
