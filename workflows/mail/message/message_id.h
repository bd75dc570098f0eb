// Message ids that the same mail always gets again.
#pragma once

#include <string>
#include <string_view>

namespace pawl::mail {

/// What makes a mail the one it is.
struct MailKey {
  std::string_view workflow;
  std::string_view effects_id;
  std::string_view step;
  std::string_view recipient;  ///< A user's id or an address.
};

/// `<digest@domain>`: the same arguments give the same id, and no id tells its arguments.
std::string message_id(const MailKey& key, std::string_view domain);

/// The id that all mails about one connection refer to, so that mail readers show them as one thread. No message has
/// it.
std::string thread_id(std::string_view connection_id, std::string_view domain);

/// `<left@right>` of visible ASCII with nothing that could end it early.
bool is_message_id(std::string_view id);

/// Hexadecimal digest (SHA-1, 40 characters) of the text: names a thing, protects nothing.
std::string name_digest(std::string_view text);
/// Whether the text looks like one.
bool is_name_digest(std::string_view text);

}  // namespace pawl::mail
