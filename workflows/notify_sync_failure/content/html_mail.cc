// Words the page of a failure.
#include "workflows/notify_sync_failure/content/html_mail.h"

#include "workflows/text/joined_text.h"

namespace pawl::notify_sync_failure {

using depositlink::html_escaped;
using depositlink::html_foreign;
using depositlink::html_paragraph;

std::string html_mail(const Facts& facts, const Brand& brand) {
  const std::string when = html_escaped(facts.when);
  return depositlink::html_page(
      facts, brand,
      {.happened = "sync failed",
       .preheader = text::joined("has not synced since ", when, "."),
       .rows = depositlink::html_row("When", when),
       .body =
           text::joined(html_paragraph(text::joined("Error from ", html_foreign(facts.provider), ":")),
                        depositlink::html_quotation(facts.error),
                        html_paragraph(text::joined("<strong>What to do:</strong> ", kWhatToDo, " ", kUsualCauses))),
       .because = "you are an owner or admin of"});
}

}  // namespace pawl::notify_sync_failure
