// The characters that a database's encoding lacks, as its server has named them, and texts without them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl::storage {

/// Only the server knows what its encoding can store: it is asked by trying. Used by one thread at a time.
class UnstorableCharacters {
 public:
  /// After so many different ones all that is not ASCII is taken for unstorable: each costs a refused statement.
  static constexpr std::size_t kNamedMax = 8;

  bool empty() const { return named_.empty(); }
  void add(std::string character) { named_.push_back(std::move(character)); }

  /// Whether naming another one can help.
  bool may_grow() const { return named_.size() <= kNamedMax; }

  /// The parameter (a text array in Postgres' binary format, else it stays as it is) with a `?` in place of each byte
  /// of a character that cannot be stored: no size changes.
  std::string marked(std::string_view parameter) const;

 private:
  void mark(std::string& parameter, std::size_t from, std::size_t size) const;

  std::vector<std::string> named_;
};

}  // namespace pawl::storage
