// What of an error text is shown: the words of a page, the lines of a stack trace, and no towers of marks.
#include "workflows/text/html_text.h"

#include <catch2/catch.hpp>

#include "workflows/redaction/safe_text.h"
#include "workflows/text/html_entity.h"
#include "workflows/text/plain_text.h"

using namespace pawl::redaction;
using namespace pawl::text;

TEST_CASE("an error that is an HTML page is shown as the words that its reader would see") {
  CHECK(
      readable("<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title><style>body { color: red }</style></head>\n"
               "<body bgcolor=\"white\"><center><h1>502 <b>Bad</b> Gateway</h1></center><hr>\n"
               "<!-- a < b --><script>if (a < b) alert('x')</script><p>Try&nbsp;again &lt;later&gt; &amp; call&#32;"
               "us &#x2014; or\nnot</p>nginx/1.18.0</body></html>\n") ==
      "502 Bad Gateway\n502 Bad Gateway\nTry again <later> & call us \u2014 or not\nnginx/1.18.0");
  CHECK(readable("HTTP 503: <html>\r\n<BODY><H1>Down</H1>for maintenance") == "HTTP 503:\nDown\nfor maintenance");
}

TEST_CASE("a piece of a page is shown as its words, and the lines around it stay") {
  CHECK(readable("<h1>502 Bad Gateway</h1><hr>nginx") == "502 Bad Gateway\nnginx");
  CHECK(readable("HTTP 500: <DIV class=\"e\"><b>Oops</b> &amp; more</DIV> ") == "HTTP 500:\nOops & more");
  CHECK(readable("Sync failed<br />Try again<br>later") == "Sync failed\nTry again\nlater");
  CHECK(readable("Traceback:\n    at a\n<p>Gone</p>\n\n  at b") == "Traceback:\n    at a\nGone\n  at b");
  CHECK(safe_line("a <p>b</p> c", 100) == "a b c");
  CHECK(safe_line("<html><body>a<p>b", 100) == "a b");
}

TEST_CASE("a text that is no page keeps its angle brackets, and a page without words is shown as it is") {
  for (const char* text :
       {"expected <token> but got </end>", "List<String> is null", "a < b > c", "", "<", "expected <p> at 3", "</p>",
        "<b>bold</b> & <i>so</i>", "<brand>x</brand>", "<br", "<?xml version=\"1.0\"?><p>x</p>", "<price>1</price>",
        "<p", "<p>x</p", "<html><body></body></html>", "<!DOCTYPE html><html><script>x"}) {
    CAPTURE(text);
    CHECK(readable(text) == text);
  }
}

TEST_CASE("a page that ends in the middle of a tag, an entity or a comment loses nothing before it") {
  for (const char* end :
       {"<", "<p", "</", "<!--", "<script", "<style>a", "&#", "&amp", "<p class=\"", "&#xFFFFFFFF;"}) {
    CAPTURE(end);
    CHECK(readable(std::string("<html><body>Gone") + end).starts_with("Gone"));
  }
}

TEST_CASE("an entity is a name that is known or the number of a character, and what comes after it is its own") {
  const auto read = [](const char* text) {
    const HtmlEntity entity = html_entity(text);
    return std::pair(entity.character, entity.length);
  };
  using Read = std::pair<char32_t, std::size_t>;
  CHECK(read("lt;b") == Read('<', 3));
  CHECK(read("amp;lt;") == Read('&', 4));
  CHECK(read("equals;") == Read('=', 7));
  CHECK(read("mdash;") == Read(U'\u2014', 6));
  CHECK(read("#60;") == Read('<', 4));
  CHECK(read("#X3c;") == Read('<', 5));
  CHECK(read("#x1F600;;") == Read(U'\U0001F600', 8));
  for (const char* none : {"", ";", "lt", "LT;", "nosuch;", "#;", "#x;", "#6z;", "#x110000;", "#xD800;", "#0;", "# 6;",
                           "#-6;", "verylongname;", "#99999999999;"}) {
    CAPTURE(none);
    CHECK(read(none) == Read(0, 0));
  }
}

TEST_CASE("the indentation of a stack trace stays, tabs as spaces, and no more than a few of them") {
  CHECK(plain_lines("Error: x\n\tat a (b.js:1)\n        at c\n\n\n  end  ") ==
        "Error: x\n    at a (b.js:1)\n        at c\n\n  end");
  CHECK(plain_lines("a  b\t\tc") == "a b c");
  CHECK(plain_lines("  first") == "first");
  CHECK(plain_lines("a\n" + std::string(1000, ' ') + "b").size() < 50);
  CHECK(safe_lines("Traceback\n  File \"a.py\", line 3\n    raise X", 2000) ==
        "Traceback\n  File \"a.py\", line 3\n    raise X");
}

TEST_CASE("of combining marks no tower is built, and languages keep theirs") {
  // Latin, Cyrillic's enclosing, Hebrew, Syriac, Devanagari, Thai, Tibetan, Mongolian, Myanmar, Grantha, musical
  for (const std::string mark : {"\u0301", "\u0489", "\u05BF", "\u0730", "\u0943", "\u0E38", "\u0F71", "\u18A9",
                                 "\u103D", "\u20DD", "\U00011366", "\U0001D167", "\U000E0100"}) {
    std::string tower = "a";
    for (int i = 0; i < 100; ++i) tower += mark;
    CHECK(plain_line(tower + "b").size() <= 1 + 4 * mark.size() + 1);
  }
  for (const char* text : {"Vie\u0323\u0302t Nam", "\u05D1\u05BC\u05B0", "\u0E19\u0E49\u0E33", "\u0628\u0651\u064E"})
    CHECK(plain_line(text) == text);
}
