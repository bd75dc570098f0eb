// Characters that are drawn over, under or around the one before them.
#pragma once

namespace pawl::text {

/// A nonspacing or enclosing mark of Unicode (general categories Mn and Me), of any script. Thread-safe.
bool is_combining_mark(char32_t point);

}  // namespace pawl::text
