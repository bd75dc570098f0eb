// A table as wide as the terminal that it goes to, with the states in colour.
#pragma once

#include <cstddef>

#include "bin/output/console.h"
#include "bin/output/table.h"

namespace pawl::bin {

/// How a table is laid out on a terminal.
struct Layout {
  std::size_t width = 0;  ///< Columns; 0: as wide as it gets.
  bool colour = false;    ///< Words for states are green, yellow or red.
};

/// On a terminal what is too wide has its ids cut to their ends, by which verbs take them too, its moments to the
/// second, and then its widest columns cut; anywhere else everything is there. Colour where there is a terminal, unless
/// NO_COLOR is set to anything.
void print_for_people(Console& console, const Table& table);
/// So for OutputFormat::kTable, and as print_table() for the others.
void print_for_people(Console& console, const Table& table, OutputFormat format);

/// The same for a layout; what a terminal would act upon in a cell never reaches it.
void print_laid_out(std::ostream& out, const Table& table, const Layout& layout);

}  // namespace pawl::bin
