// Counts the letters that two words differ by (Damerau and Levenshtein, without touching a letter twice).
#include "workflows/text/suggestion.h"

#include <algorithm>

namespace pawl::text {

namespace {

std::size_t letters_between(const std::string& from, const std::string& to) {
  std::vector<std::vector<std::size_t>> between(from.size() + 1, std::vector<std::size_t>(to.size() + 1));
  for (std::size_t i = 0; i <= from.size(); ++i)
    for (std::size_t j = 0; j <= to.size(); ++j) {
      if (i == 0 || j == 0) {
        between[i][j] = i + j;
        continue;
      }
      const std::size_t change = between[i - 1][j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      between[i][j] = std::min({between[i - 1][j] + 1, between[i][j - 1] + 1, change});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        between[i][j] = std::min(between[i][j], between[i - 2][j - 2] + 1);
    }
  return between[from.size()][to.size()];
}

}  // namespace

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 64;  // longer ones are no misspelt names
  if (candidates.empty() || word.size() > kLongest) return "";
  const auto distance_of = [&](const std::string& candidate) { return letters_between(word, candidate); };
  const auto nearest = std::ranges::min_element(candidates, {}, distance_of);
  return distance_of(*nearest) * 3 <= word.size() ? " (did you mean " + *nearest + "?)" : "";
}

}  // namespace pawl::text
