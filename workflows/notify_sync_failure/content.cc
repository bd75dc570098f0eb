// Collects the facts of a failure once, then words them for each channel.
#include "workflows/notify_sync_failure/content.h"

#include <algorithm>

#include "workflows/notify_sync_failure/json_text.h"
#include "workflows/notify_sync_failure/utc_time.h"

namespace pawl::notify_sync_failure {

namespace {

using std::string;
using std::string_view;

constexpr const char* kWhatToDo =
    "Re-authenticate or reconfigure the integration, then run the sync again. Until then its data is not up to date.";
constexpr const char* kUsualCauses =
    "The usual causes are expired credentials, revoked tokens or an outage at the provider.";

struct Facts {
  string provider;
  string integration;  // provider and label
  string organisation;
  string error;
  string when;
  string link;
};

Facts facts_of(const SyncFailed& failure, const string& org_name, const AppUrl& app_url) {
  const auto at = parse_rfc3339(failure.occurred_at);
  const bool has_label = !failure.label.empty() && failure.label != failure.provider;
  return {.provider = failure.provider,
          .integration = has_label ? failure.provider + " (" + failure.label + ")" : failure.provider,
          .organisation = org_name,
          .error = failure.error_message.empty() ? "The provider gave no reason" : failure.error_message,
          .when = at ? readable(*at) : failure.occurred_at,
          .link = app_url.integrations_of(failure.org_id)};
}

template <class... Pieces>
string joined(const Pieces&... pieces) {
  string text;
  text.reserve((string_view(pieces).size() + ...));
  (text.append(pieces), ...);
  return text;
}

// Text from outside: it may run in either direction without moving what is around it.
string html_foreign(const string& text) { return joined("<bdi dir=\"auto\">", html_escaped(text), "</bdi>"); }

string html_paragraph(const string& inner) { return joined("<p style=\"margin:0 0 16px\">", inner, "</p>\n"); }

string html_row(const string& name, const string& value) {
  return joined(
      "<tr><td class=\"quiet\" style=\"padding:4px 16px 4px 0;color:#5f6b7a;vertical-align:top;white-space:nowrap\">",
      name, "</td><td style=\"padding:4px 0;word-break:break-word;overflow-wrap:anywhere\">", html_foreign(value),
      "</td></tr>\n");
}

string html_error(const string& error) {
  return joined(
      "<div class=\"error\" dir=\"auto\" style=\"margin:0 0 16px;padding:12px;background:#fdf1f0;"
      "border-left:4px solid #c0362c;font-family:Consolas,Menlo,monospace;font-size:14px;white-space:pre-wrap;"
      "word-break:break-word;overflow-wrap:anywhere\">",
      html_escaped(error), "</div>\n");
}

string html_button(const string& link, const string& words) {
  return joined("<a class=\"button\" href=\"", html_escaped(link),
                "\" style=\"display:inline-block;padding:12px 20px;background:#1f5fbf;color:#ffffff;"
                "text-decoration:none;border-radius:6px\">",
                words, "</a>");
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
    "}\n</style>\n";

// One column that fits a phone; all styles inline but those of a dark theme, since mail programs drop the rest.
// `preheader` is what lists of mails show beside the subject.
string html_page(const string& title, const string& preheader, const string& content) {
  return joined(
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

string text_part(const Facts& facts) {
  return joined("The ", facts.integration, " integration of ", facts.organisation, " failed to sync.\n\n",
                "Integration:  ", facts.integration, "\nOrganisation: ", facts.organisation,
                "\nWhen:         ", facts.when, "\n\nError from ", facts.provider, ":\n", facts.error,
                "\n\nWhat to do:\n", kWhatToDo, "\n", kUsualCauses, "\n\n", facts.link,
                "\n\nYou receive this because you are an owner or admin of ", facts.organisation, ".\n");
}

string html_part(const Facts& facts) {
  const string provider = html_foreign(facts.provider);
  return html_page(
      joined(html_escaped(facts.provider), " sync failed"),
      joined(html_escaped(facts.integration), " of ", html_escaped(facts.organisation), " has not synced since ",
             html_escaped(facts.when), "."),
      joined("<h1 style=\"margin:0 0 16px;font-size:22px;line-height:1.3\">", provider, " sync failed</h1>\n",
             "<table role=\"presentation\" style=\"margin:0 0 16px;border-collapse:collapse;font-size:16px\">\n",
             html_row("Integration", facts.integration), html_row("Organisation", facts.organisation),
             html_row("When", facts.when), "</table>\n", html_paragraph(joined("Error from ", provider, ":")),
             html_error(facts.error),
             html_paragraph(joined("<strong>What to do:</strong> ", kWhatToDo, " ", kUsualCauses)),
             html_paragraph(html_button(facts.link, "Open integration settings")),
             "<p class=\"quiet\" style=\"margin:0;color:#5f6b7a;font-size:13px\">"
             "You receive this because you are an owner or admin of ",
             html_foreign(facts.organisation), ".</p>\n"));
}

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

}  // namespace

InAppContent in_app_content(const SyncFailed& failure, const string& org_name, const AppUrl& app_url) {
  const Facts facts = facts_of(failure, org_name, app_url);
  return {.title = facts.integration + " sync failed",
          .body = joined(facts.integration, " failed to sync for ", facts.organisation, " on ", facts.when,
                         ".\n\nError from ", facts.provider, ":\n", facts.error, "\n\n", kWhatToDo, " ", kUsualCauses),
          .link = facts.link,
          .details = json_object({{"connection_id", failure.connection_id},
                                  {"error", failure.error_message},
                                  {"label", failure.label},
                                  {"occurred_at", failure.occurred_at},
                                  {"provider", failure.provider},
                                  {"sync_log_id", failure.sync_log_id}})};
}

EmailContent email_content(const SyncFailed& failure, const string& org_name, const AppUrl& app_url) {
  const Facts facts = facts_of(failure, org_name, app_url);
  return {.subject = joined("[Urgent] ", facts.provider, " sync failed - ", facts.organisation),
          .text = text_part(facts),
          .html = html_part(facts)};
}

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

}  // namespace pawl::notify_sync_failure
