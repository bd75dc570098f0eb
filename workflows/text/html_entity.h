// Characters that HTML has a name or a number for.
#pragma once

#include <cstddef>
#include <string_view>

namespace pawl::text {

struct HtmlEntity {
  char32_t character = 0;
  std::size_t length = 0;  ///< Up to its semicolon, which counts; 0: there is none.
};

/// The entity whose `&` stands before `text`: `lt;`, `#60;` or `#x3c;`. Of names, those that markup itself needs and
/// those that error pages have; a space that does not break is a space. What is no character is no entity.
HtmlEntity html_entity(std::string_view text);

}  // namespace pawl::text
