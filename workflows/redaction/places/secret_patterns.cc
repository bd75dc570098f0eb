// Regular expressions are linear by construction of RE2. One pass over the text tells which of them match at all; in
// most texts none does.
#include "workflows/redaction/places/secret_patterns.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "workflows/redaction/places/pattern.h"

namespace pawl::redaction {

namespace {

using std::string_view;

std::vector<Pattern> all_patterns() {
  std::vector<Pattern> all;
  for (const auto table : {token_patterns(), account_patterns(), protocol_patterns(), code_patterns(),
                           command_patterns(), configuration_patterns()})
    all.insert(all.end(), table.begin(), table.end());
  return all;
}

// To search for all at once takes a state for every place within a bound. Without bounds a few more of them are tried.
std::string without_bounds(std::string expression) {
  static const RE2 bounds("\\{\\d+,\\d+\\}");
  RE2::GlobalReplace(&expression, bounds, "*");
  return expression;
}

class Patterns {
 public:
  Patterns() : patterns_(all_patterns()), set_(RE2::Options(), RE2::UNANCHORED) {
    for (const Pattern& pattern : patterns_) {
      expressions_.push_back(std::make_unique<RE2>(pattern.expression));
      set_.Add(without_bounds(pattern.expression), nullptr);
    }
    set_.Compile();
  }

  std::vector<Range> find(string_view folded) const {
    std::vector<Range> found;
    for (const int index : matching({folded.data(), folded.size()}))
      find(folded, static_cast<std::size_t>(index), found);
    return found;
  }

 private:
  // The set gives up on a text that needs more memory than it may have: then each expression is tried.
  std::vector<int> matching(re2::StringPiece text) const {
    std::vector<int> indices;
    RE2::Set::ErrorInfo error{RE2::Set::kNoError};
    if (set_.Match(text, &indices, &error) || error.kind == RE2::Set::kNoError) return indices;
    indices.resize(expressions_.size());
    std::iota(indices.begin(), indices.end(), 0);
    return indices;
  }

  void find(string_view folded, std::size_t index, std::vector<Range>& found) const {
    const re2::StringPiece text(folded.data(), folded.size());
    re2::StringPiece match[2];
    for (std::size_t from = 0; expressions_[index]->Match(text, from, folded.size(), RE2::UNANCHORED, match, 2);) {
      const std::size_t begin = static_cast<std::size_t>(match[1].data() - folded.data());
      const Range secret{begin, begin + match[1].size()};
      if (patterns_[index].holds({match[1].data(), match[1].size()})) found.push_back(secret);
      from = std::max({secret.end, from + 1, static_cast<std::size_t>(match[0].data() - folded.data()) + 1});
    }
  }

  std::vector<Pattern> patterns_;
  RE2::Set set_;
  std::vector<std::unique_ptr<RE2>> expressions_;
};

}  // namespace

std::vector<Range> secrets_by_pattern(string_view folded) {
  static const Patterns patterns;
  return patterns.find(folded);
}

}  // namespace pawl::redaction
