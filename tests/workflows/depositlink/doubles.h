// In-memory doubles of the ports to the application.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/workflows/mail/doubles.h"
#include "workflows/depositlink/ports/inbox.h"
#include "workflows/depositlink/ports/recipients.h"

namespace pawl::depositlink {

struct MemoryDirectory final : RecipientDirectory {
  std::map<std::string, Recipients> organisations;
  std::vector<std::string> asked;  ///< Every id of every call.

  std::vector<Recipients> owners_and_admins(std::span<const std::string> org_ids) override {
    std::vector<Recipients> found;
    for (const std::string& id : org_ids) {
      asked.push_back(id);
      found.push_back(organisations[id]);
    }
    return found;
  }
};

struct MemoryInbox final : Inbox {
  std::vector<Notification> posted;
  int calls = 0;
  std::size_t refused = 0;  ///< Of each notification the application keeps so many users' rows out, and says nothing.

  std::vector<int> post(std::span<const Notification> notifications) override {
    ++calls;
    std::vector<int> rows;
    for (const Notification& notification : notifications) {
      posted.push_back(notification);
      rows.push_back(static_cast<int>(notification.user_ids.size() - std::min(refused, notification.user_ids.size())));
    }
    return rows;
  }
};

}  // namespace pawl::depositlink
