// Words what all mails about connections share; nothing in it depends on when or where it is written.
#include "workflows/depositlink/content/email_content.h"

#include "workflows/mail/message/message_id.h"
#include "workflows/text/joined_text.h"

namespace pawl::depositlink {

std::string text_mail(const ConnectionFacts& facts, const Brand& brand, const TextContent& content) {
  return text::joined(content.happened, "\n\nIntegration:  ", facts.integration, "\nOrganisation: ", facts.organisation,
                      content.rows, "\n\n", content.body, "\n\n", facts.settings_link,
                      facts.connection_link.empty() ? "" : text::joined("\nThis connection: ", facts.connection_link),
                      "\n\nYou receive this ", brand.name().empty() ? "" : text::joined("from ", brand.name(), " "),
                      "because ", content.because, " ", facts.organisation, ".\n");
}

text::TimeZone zone_of(const std::string& name, const text::TimeZone& deployments) {
  return name.empty() ? deployments : text::TimeZone::find(name).value_or(text::TimeZone{});
}

void fill(mail::Message& message, const EmailContent& content, const std::string& connection_id) {
  message.subject = content.subject;
  message.thread_id = mail::thread_id(connection_id, message.from.substr(message.from.rfind('@') + 1));
  message.extra_fields = mail::automatic_fields();
  message.text = mail::encode(content.text);
  message.html = mail::encode(content.html);
}

}  // namespace pawl::depositlink
