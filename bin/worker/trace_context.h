// The trace in which an event was emitted, as its header says (W3C Trace Context).
#pragma once

#include <algorithm>
#include <string_view>

namespace pawl::bin {

/// Named as OpenTelemetry names them in logs; both empty where there is no trace. Views of the header.
struct TraceContext {
  std::string_view trace_id;
  std::string_view span_id;  ///< The span of the producer: pawl makes none of its own.
};

/// `VERSION-TRACEID-PARENTID-FLAGS`, in lower-case hex digits; a later version may go on after that. What is none, or
/// has the ids of zeros that the standard forbids, is no trace.
inline TraceContext trace_of(std::string_view header) {
  constexpr std::size_t kLength = 55, kTrace = 3, kSpan = 36, kFlags = 53;
  if (header.size() < kLength || (header.size() > kLength && header[kLength] != '-')) return {};
  const auto is_hex = [](std::string_view part) {
    return std::ranges::all_of(part, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  };
  const auto is_zero = [](std::string_view part) { return part.find_first_not_of('0') == std::string_view::npos; };
  const std::string_view trace = header.substr(kTrace, 32), span = header.substr(kSpan, 16);
  const bool in_place = header[kTrace - 1] == '-' && header[kSpan - 1] == '-' && header[kFlags - 1] == '-';
  if (!in_place || !is_hex(header.substr(0, 2)) || header.starts_with("ff") || !is_hex(header.substr(kFlags, 2)))
    return {};
  if (!is_hex(trace) || !is_hex(span) || is_zero(trace) || is_zero(span)) return {};
  return {trace, span};
}

}  // namespace pawl::bin
