// The filters of many runs as somebody typed them.
#pragma once

#include <string>

#include "bin/operations/changes/bulk.h"

namespace pawl::bin {

/// Throws UsageError where --since is not before --until, as typed; either may be empty.
void require_order(const std::string& since, const std::string& until);

/// An address, or a full id in lower case; empty: nobody. Throws UsageError for anything else.
std::string checked_user(const std::string& user);

/// With the times of --since and --until, none where the text is empty, and a user's id in lower case. Throws
/// UsageError for times that cannot be read or select nothing, and for a user who is neither a full id nor an address.
BulkFilter bulk_filter(BulkFilter filter, const std::string& since, const std::string& until);

}  // namespace pawl::bin
