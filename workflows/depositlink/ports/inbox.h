// The port to the application's in-app notifications: one row per event and user, however often it is posted.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace pawl::depositlink {

/// One event's notification for several users.
struct Notification {
  std::string effects_id;
  std::string org_id;
  std::string kind;     ///< For example `pms.sync_failed`.
  std::string urgency;  ///< For example `urgent`.
  std::string title;
  std::string body;
  std::string link;
  std::string data;  ///< JSON object as text.
  std::vector<std::string> user_ids;
  /// It may have been posted before. One that was may say false too, at the cost of a refused statement and a new
  /// connection.
  bool again = false;
};

/// Safe to call from several threads. Throws engine::UnavailableError when the database cannot be reached,
/// engine::RefusedError when it denies something, and engine::LeaseLostError when this worker's epoch is over.
class Inbox {
 public:
  virtual ~Inbox() = default;
  /// Creates the missing rows in one transaction. Rows that exist are left as they are, read state included; a user who
  /// is no longer owner or admin gets none. Returns for each notification how many of its users have a row.
  virtual std::vector<int> post(std::span<const Notification> notifications) = 0;
  /// Posts nothing by the same statements. Throws as `post` would where the database refuses every notification.
  virtual void check_access() {}
};

}  // namespace pawl::depositlink
