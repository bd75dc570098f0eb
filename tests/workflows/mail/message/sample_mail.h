// Messages for tests of mail.
#pragma once

#include <string>
#include <vector>

#include "workflows/mail/message/message.h"

namespace pawl::mail {

inline constexpr const char* kSampleText = "The sync failed.\nSign in again.\n";
inline constexpr const char* kSampleHtml = "<p>The sync failed.</p>\n";

inline Message sample_message(const std::string& to = "ada@harbour.test") {
  Message message;
  message.from_name = "DepositLink";
  message.from = "alerts@depositlink.test";
  message.to_name = "Ada Lovelace";
  message.to = to;
  message.subject = "[Urgent] Reapit sync failed - Harbour Lettings";
  message.message_id = message_id({"job", "event-1", "send", to}, "depositlink.test");
  message.thread_id = thread_id("connection-1", "depositlink.test");
  message.date = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours{3};
  message.extra_fields = automatic_fields();
  message.extra_fields.push_back({"Importance", "high"});
  message.text = encode(kSampleText);
  message.html = encode(kSampleHtml);
  return message;
}

inline Envelope sample_envelope(const std::string& to = "ada@harbour.test") { return seal(sample_message(to)); }

/// Envelopes to user0@harbour.test, user1@harbour.test and so on.
inline std::vector<Envelope> sample_envelopes(std::size_t count) {
  std::vector<Envelope> envelopes;
  for (std::size_t i = 0; i < count; ++i)
    envelopes.push_back(sample_envelope("user" + std::to_string(i) + "@harbour.test"));
  return envelopes;
}

}  // namespace pawl::mail
