// What a verb prints: rows under columns, as a table for people, JSON for programs or bare ids for pipes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace pawl::bin {

enum class OutputFormat { kTable, kJson, kIds };

struct Table {
  using Cell = std::optional<std::string>;  ///< Empty: no value; blank in a table, null in JSON.

  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;  ///< Each as long as `columns`.
  std::size_t id_column = 0;            ///< What `ids` prints.
  /// Which cells are numbers in JSON, each row as long as `columns`; none: all are texts.
  std::vector<std::vector<bool>> is_number = {};
};

/// No value for an empty text.
inline Table::Cell cell_of(const std::string& text) { return text.empty() ? Table::Cell() : Table::Cell(text); }

/// Columns on a terminal: code points, which is right for all but wide and combining characters.
std::size_t width_of(const std::string& text);

/// Indented, what is no UTF-8 replaced, and what a terminal would act upon escaped.
void print_json(std::ostream& out, const nlohmann::ordered_json& document);

/// What a terminal would act upon never reaches it: the table shows it as spaces, JSON escapes it. JSON is one array of
/// objects. An empty table prints its header.
void print_table(std::ostream& out, const Table& table, OutputFormat format);

}  // namespace pawl::bin
