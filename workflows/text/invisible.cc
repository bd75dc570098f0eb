// A table of ranges.
#include "workflows/text/invisible.h"

#include <algorithm>
#include <array>

namespace pawl::text {

namespace {

struct Range {
  char32_t first, last;
};

constexpr auto kInvisible = std::to_array<Range>({{0x00AD, 0x00AD},
                                                  {0x034F, 0x034F},
                                                  {0x061C, 0x061C},
                                                  {0x115F, 0x1160},
                                                  {0x17B4, 0x17B5},
                                                  {0x180B, 0x180F},
                                                  {0x200B, 0x200F},
                                                  {0x202A, 0x202E},
                                                  {0x2060, 0x206F},
                                                  {0x3164, 0x3164},
                                                  {0xFE00, 0xFE0F},
                                                  {0xFEFF, 0xFEFF},
                                                  {0xFFA0, 0xFFA0},
                                                  {0xFFF0, 0xFFFB},
                                                  {0x1BCA0, 0x1BCA3},
                                                  {0x1D173, 0x1D17A},
                                                  {0xE0000, 0xE0FFF}});

}  // namespace

bool is_invisible(char32_t point) {
  if (point < kInvisible.front().first) return false;
  return std::ranges::any_of(kInvisible, [&](Range range) { return point >= range.first && point <= range.last; });
}

bool shapes_its_neighbours(char32_t point) {
  return point == 0x200C || point == 0x200D || (point >= 0xFE00 && point <= 0xFE0F);
}

}  // namespace pawl::text
