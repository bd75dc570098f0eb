// What a mail about a connection says, and how it becomes a message.
#pragma once

#include <string>

#include "workflows/depositlink/content/brand.h"
#include "workflows/depositlink/content/connection_facts.h"
#include "workflows/mail/message/message.h"
#include "workflows/text/time_zone.h"

namespace pawl::depositlink {

struct EmailContent {
  std::string subject;
  std::string text;
  std::string html;
};

/// The parts of a text that are a workflow's own, as plain text; see PageContent.
struct TextContent {
  std::string happened;  ///< A sentence.
  std::string rows;      ///< Each on a line of its own behind a line end, with its value at the fifteenth column.
  std::string body;
  std::string because;
};

std::string text_mail(const ConnectionFacts& facts, const Brand& brand, const TextContent& content);

/// The zone of a reader: by its name, UTC where that is unknown, the deployment's where he has none.
text::TimeZone zone_of(const std::string& name, const text::TimeZone& deployments);

/// Makes the content a signed message's, in the thread of the connection's mails, sent by no person.
void fill(mail::Message& message, const EmailContent& content, const std::string& connection_id);

}  // namespace pawl::depositlink
