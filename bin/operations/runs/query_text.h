// The query behind a listing: on public views, so that what `--sql` prints of it can be run elsewhere and changed.
#pragma once

#include <string>
#include <vector>

namespace pawl::bin {

/// What is empty adds no condition.
class QueryText {
 public:
  /// Of columns, with commas, of a view, or of several that are joined.
  QueryText(const std::string& columns, const std::string& views) : text_("select " + columns + "\nfrom " + views) {}

  QueryText& where(const std::string& condition);
  QueryText& equals(const std::string& column, const std::string& value);
  QueryText& one_of(const std::string& column, const std::vector<std::string>& values);
  /// Ends it: `tail` is what follows the conditions.
  std::string text(const std::string& tail) const { return text_ + "\n" + tail + ";\n"; }

 private:
  std::string text_;
  bool has_condition_ = false;
};

}  // namespace pawl::bin
