// What a workflow implements to say something in the application.
#pragma once

#include <string>

namespace pawl::depositlink {

struct InAppContent {
  std::string kind;     ///< For example `pms.sync_failed`.
  std::string urgency;  ///< `urgent` or `normal`.
  std::string title;
  std::string body;  ///< Plain text of several lines.
  std::string link;
  std::string details;  ///< JSON object as text.
};

/// Holds the event's facts, and says the same of them whenever it is asked, on any thread. A PermanentError fails the
/// item for good, any other exception lets it be tried again.
class InAppNote {
 public:
  virtual ~InAppNote() = default;
  virtual InAppContent in_app() const = 0;
};

}  // namespace pawl::depositlink
