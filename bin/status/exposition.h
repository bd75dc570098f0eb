// Writes figures in the text format of Prometheus, version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "engine/measures/histogram.h"

namespace pawl::bin {

/// A metric is its head, then its samples. Names are those that docs/metrics.md lists.
class Exposition {
 public:
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::initializer_list<Label>;

  void head(std::string_view name, std::string_view type, std::string_view help);
  void sample(std::string_view name, Labels labels, std::uint64_t value);
  void sample(std::string_view name, Labels labels, double value);
  /// A metric of one sample.
  void add(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value);

  /// The samples of a histogram; with `unit` a million what was counted in microseconds is shown in seconds.
  template <const auto& kBounds>
  void histogram(std::string_view name, Label label, const engine::Histogram<kBounds>& counted, double unit) {
    std::uint64_t cumulated = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      cumulated += counted.counts[i];
      bucket(name, label, number(static_cast<double>(kBounds[i]) / unit), cumulated);
    }
    end_of_histogram(name, label, cumulated + counted.counts.back(), static_cast<double>(counted.sum) / unit);
  }

  std::string text() && { return std::move(text_); }

 private:
  static std::string number(double value);
  void line(std::string_view name, std::string_view suffix, Labels labels, std::string_view value);
  void bucket(std::string_view name, Label label, const std::string& bound, std::uint64_t cumulated);
  void end_of_histogram(std::string_view name, Label label, std::uint64_t count, double sum);

  std::string text_;
};

}  // namespace pawl::bin
