// Writes the page piece by piece; whatever comes from outside is escaped and isolated.
#include "workflows/depositlink/content/html_page.h"

#include <algorithm>

#include "workflows/text/joined_text.h"

namespace pawl::depositlink {

using std::string;

namespace {

// The name stands for a logo that a mail program does not load.
string html_brand(const Brand& brand) {
  const string name = html_escaped(brand.name());
  if (!brand.logo_url().empty())
    return text::joined("<p class=\"quiet\" style=\"margin:0 0 16px;color:#5f6b7a;font-weight:600\"><img src=\"",
                        html_escaped(brand.logo_url()), "\" alt=\"", name,
                        "\" height=\"32\" style=\"height:32px;max-width:100%;border:0\"></p>\n");
  if (name.empty()) return {};
  return text::joined("<p class=\"quiet\" style=\"margin:0 0 16px;color:#5f6b7a;font-weight:600\"><bdi dir=\"auto\">",
                      name, "</bdi></p>\n");
}

// What a dark theme changes; mail programs without one leave it out.
constexpr const char* kDarkTheme =
    "<style>\n:root { color-scheme: light dark; supported-color-schemes: light dark; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  body { background: #12161c !important; }\n"
    "  .card { background: #1d232c !important; color: #e6eaf0 !important; }\n"
    "  .quiet { color: #9aa7b8 !important; }\n"
    "  .error { background: #3a2020 !important; border-left-color: #f0716a !important; }\n"
    "  .button { background: #3d7fe0 !important; }\n"
    "  .link { color: #8ab4f8 !important; }\n"
    "}\n</style>\n";

// How HTML writes what would be markup; nothing for any other character.
const char* entity_of(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return nullptr;
  }
}

// Without a colour of its own the theme chooses one.
string html_button(const string& link, const string& words, const Brand& brand) {
  const bool own = !brand.color().empty();
  return text::joined("<a", own ? "" : " class=\"button\"", " href=\"", html_escaped(link),
                      "\" style=\"display:inline-block;padding:12px 20px;background:", own ? brand.color() : "#1f5fbf",
                      ";color:", own ? brand.text_color() : "#ffffff", ";text-decoration:none;border-radius:6px\">",
                      words, "</a>");
}

string html_link(const string& link, const string& words) {
  return text::joined("<a class=\"link\" href=\"", html_escaped(link), "\" style=\"color:#1f5fbf\">", words, "</a>");
}

// One column that fits a phone; all styles inline but those of a dark theme, since mail programs drop the rest.
// `preheader` is what lists of mails show beside the subject.
string whole_page(const string& title, const string& preheader, const string& content) {
  return text::joined(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
      title, "</title>\n", kDarkTheme,
      "</head>\n<body style=\"margin:0;padding:16px;background:#f3f5f8\">\n"
      "<div style=\"display:none;max-height:0;overflow:hidden\">",
      preheader,
      "</div>\n"
      "<div class=\"card\" style=\"max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px;"
      "color:#1c2430;font-family:-apple-system,'Segoe UI',Roboto,Arial,sans-serif;font-size:16px;line-height:1.5;"
      "word-break:break-word;overflow-wrap:anywhere\">\n",
      content, "</div>\n</body>\n</html>\n");
}

}  // namespace

string html_escaped(const string& text) {
  string escaped;
  for (auto at = text.begin();; ++at) {
    const auto markup = std::find_if(at, text.end(), entity_of);
    escaped.append(at, markup);
    if (markup == text.end()) return escaped;
    escaped += entity_of(*markup);
    at = markup;
  }
}

// Text from outside: it may run in either direction without moving what is around it.
string html_foreign(const string& text) { return text::joined("<bdi dir=\"auto\">", html_escaped(text), "</bdi>"); }

string html_paragraph(const string& inner) { return text::joined("<p style=\"margin:0 0 16px\">", inner, "</p>\n"); }

string html_row(const string& name, const string& value) {
  return text::joined(
      "<tr><td class=\"quiet\" style=\"padding:4px 16px 4px 0;color:#5f6b7a;vertical-align:top;white-space:nowrap\">",
      name, "</td><td style=\"padding:4px 0;word-break:break-word;overflow-wrap:anywhere\">", value, "</td></tr>\n");
}

string html_quotation(const string& words) {
  return text::joined(
      "<div class=\"error\" dir=\"auto\" style=\"margin:0 0 16px;padding:12px;background:#fdf1f0;"
      "border-left:4px solid #c0362c;font-family:Consolas,Menlo,monospace;font-size:14px;white-space:pre-wrap;"
      "word-break:break-word;overflow-wrap:anywhere\">",
      html_escaped(words), "</div>\n");
}

string html_page(const ConnectionFacts& facts, const Brand& brand, const PageContent& page) {
  const string provider = html_foreign(facts.provider);
  const string integration =
      facts.label.empty() ? provider : text::joined(provider, " (", html_foreign(facts.label), ")");
  return whole_page(
      text::joined(html_escaped(facts.provider), " ", page.happened),
      text::joined(html_escaped(facts.integration), " of ", html_escaped(facts.organisation), " ", page.preheader),
      text::joined(
          html_brand(brand), "<h1 style=\"margin:0 0 16px;font-size:22px;line-height:1.3\">", provider, " ",
          page.happened, "</h1>\n",
          "<table role=\"presentation\" style=\"margin:0 0 16px;border-collapse:collapse;font-size:16px\">\n",
          html_row("Integration", integration), html_row("Organisation", html_foreign(facts.organisation)), page.rows,
          "</table>\n", page.body, html_paragraph(html_button(facts.settings_link, "Open integration settings", brand)),
          facts.connection_link.empty() ? "" : html_paragraph(html_link(facts.connection_link, "Open this connection")),
          "<p class=\"quiet\" style=\"margin:0;color:#5f6b7a;font-size:13px\">"
          "You receive this ",
          brand.name().empty() ? "" : text::joined("from ", html_foreign(brand.name()), " "), "because ", page.because,
          " ", html_foreign(facts.organisation), ".</p>\n"));
}

}  // namespace pawl::depositlink
