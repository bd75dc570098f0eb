// What somebody may have meant by a word that nothing is called by.
#pragma once

#include <string>
#include <vector>

namespace pawl::text {

/// ` (did you mean WORD?)` for the candidate that is fewest letters away, if that is at most a third of the word; empty
/// otherwise. A letter inserted, left out or changed, or two in the wrong order, count as one. Of several the first.
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace pawl::text
