// Marks characters within the elements of a text array.
#include "storage/postgres/unstorable_text.h"

#include <algorithm>

#include "storage/postgres/binary_array.h"

namespace pawl::storage {

std::string UnstorableCharacters::marked(std::string_view parameter) const {
  std::string changed(parameter);
  for (const auto& [from, size] : text_elements(parameter)) mark(changed, from, size);
  return changed;
}

void UnstorableCharacters::mark(std::string& parameter, std::size_t from, std::size_t size) const {
  const auto begin = parameter.begin() + static_cast<std::ptrdiff_t>(from);
  const auto end = begin + static_cast<std::ptrdiff_t>(size);
  for (const std::string& character : named_)
    for (auto at = begin; (at = std::search(at, end, character.begin(), character.end())) != end;)
      at = std::fill_n(at, character.size(), '?');
  if (!may_grow())
    std::replace_if(
        begin, end, [](char byte) { return static_cast<unsigned char>(byte) >= 0x80; }, '?');
}

}  // namespace pawl::storage
