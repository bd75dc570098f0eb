// Looks entries of several texts up without copying the texts.
#pragma once

namespace pawl::mail {

/// Compares keys of texts, a pair or a tuple of std::string, with each other and with `Views`, the same of
/// std::string_view.
template <class Views>
struct ByTexts {
  using is_transparent = void;
  bool operator()(const Views& a, const Views& b) const { return a < b; }
};

}  // namespace pawl::mail
