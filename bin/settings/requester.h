// Who asks, for the audit trail.
#pragma once

#include <string>

namespace pawl::bin {

/// The user of this process at its host.
std::string requester();

}  // namespace pawl::bin
