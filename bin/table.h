// What a verb prints: rows under columns, as a table for people, JSON for programs or bare ids for pipes.
#pragma once

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
};

/// Control characters never reach a terminal: the table shows them as spaces, JSON escapes them. JSON is one array of
/// objects. An empty table prints its header.
void print_table(std::ostream& out, const Table& table, OutputFormat format);

}  // namespace pawl::bin
