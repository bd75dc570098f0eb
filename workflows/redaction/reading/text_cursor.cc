// Looks ahead without bound only for the end of a value.
#include "workflows/redaction/reading/text_cursor.h"

#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

using std::string_view;

string_view TextCursor::near(std::size_t from) const { return text_.substr(std::min(from, text_.size()), kNear); }

bool TextCursor::stands(string_view piece, std::size_t at) const {
  return text_.substr(std::min(at, text_.size())).starts_with(piece);
}

std::size_t TextCursor::skip(string_view set, std::size_t at) const { return or_end(text_.find_first_not_of(set, at)); }

Range TextCursor::quoted(std::size_t open) const {
  for (std::size_t close = open + 1; close < text_.size(); ++close) {
    if (text_[close] != text_[open] || folded_.depth[close] > folded_.depth[open]) continue;
    if (at(close + 1) == text_[open] && close > open + 1) {
      ++close;
      continue;
    }
    return {open + 1, close};
  }
  return {open + 1, text_.size()};
}

std::size_t TextCursor::closing_bracket(std::size_t open) const {
  if (!brackets_) match_brackets();
  const auto pair = std::lower_bound(brackets_->begin(), brackets_->end(), open,
                                     [](const Range& one, std::size_t at) { return one.begin < at; });
  return pair != brackets_->end() && pair->begin == open ? pair->end : text_.size();
}

void TextCursor::match_brackets() const {
  std::vector<Range> pairs;
  std::vector<std::size_t> open;  // of `pairs`
  for (std::size_t at = 0; at < text_.size(); ++at) {
    const char c = text_[at];
    if (c == '[' || c == '{') {
      open.push_back(pairs.size());
      pairs.push_back({at, text_.size()});
    } else if ((c == ']' || c == '}') && !open.empty()) {
      pairs[open.back()].end = at + 1;
      open.pop_back();
    }
  }
  brackets_ = std::move(pairs);
}

std::size_t TextCursor::end_of_word(std::size_t start, std::size_t depth) const {
  Range& last = word_ends_[depth];
  if (last.begin <= start && start <= last.end && last.begin < last.end) return last.end;
  std::size_t end = start;
  while (end < text_.size() && (kValueEnds.find(text_[end]) == string_view::npos ||
                                (kBlanks.find(text_[end]) == string_view::npos && folded_.depth[end] > depth)))
    ++end;
  last = {start, end};
  return end;
}

std::size_t TextCursor::end_of_cdata(std::size_t start) const {
  if (start < cdata_end_.begin || start > cdata_end_.end || cdata_end_.begin == cdata_end_.end)
    cdata_end_ = {start, or_end(text_.find("]]>", start))};
  return cdata_end_.end;
}

std::size_t TextCursor::end_of_block(std::size_t begin) const {
  if (block_end_.begin <= begin && begin < block_end_.end) return block_end_.end;
  std::size_t end = begin;
  while (end < text_.size()) {
    const std::size_t word = skip(kBlanks, end);
    const std::size_t word_end = or_end(text_.find_first_of(kBlanks, word));
    if (word > begin && before(word_end) == ':' && text_.substr(end, word - end).find('\n') != string_view::npos) break;
    end = or_end(text_.find('\n', word));
  }
  block_end_ = {begin, end};
  return end;
}

std::optional<Range> TextCursor::enclosed_at(std::size_t start) const {
  if (stands("[redacted]", start)) return Range{start, start + 10};
  if (is_quote(at(start))) return quoted(start);
  if (at(start) != '[' && at(start) != '{') return std::nullopt;
  const std::size_t close = closing_bracket(start);
  if (is_scheme({start, close})) return std::nullopt;
  return Range{start, close};
}

// `{AES}x`, `{noop}x`: how the word that begins so is encoded.
bool TextCursor::is_scheme(Range brackets) const {
  constexpr std::size_t kSchemeMax = 24;
  if (at(brackets.begin) != '{' || brackets.end - brackets.begin > kSchemeMax) return false;
  const string_view name = text_.substr(brackets.begin + 1, brackets.end - brackets.begin - 2);
  const char next = at(brackets.end);
  return std::all_of(name.begin(), name.end(), is_name_character) && (is_name_character(next) || next == '$');
}

std::size_t TextCursor::after_type(std::size_t start) const {
  if (stands("<<", start) && is_quote(at(start + 2))) return start + 2;  // of Erlang
  std::size_t end = start;
  while (end < start + 24 && (is_alphanumeric(at(end)) || at(end) == '_' || at(end) == '@' || at(end) == '!')) ++end;
  if (end <= start + 2 && is_quote(at(end))) return end;
  if (stands("!!", start)) return skip(" ", end);
  if (at(end) != '(') return start;
  std::size_t inside = or_end(text_.find_first_not_of("0123456789", end + 1));
  if (at(inside) == ')') inside = skip(kBlanks, inside + 1);
  return is_quote(at(inside)) ? inside : start;
}

}  // namespace pawl::redaction
