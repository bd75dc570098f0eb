// Who asks, for the audit trail.
#pragma once

#include <string>

namespace pawl::bin {

/// The user of this process at its host, as `ada@db1`; where somebody else became him by sudo, or logged in, that one
/// first: `ada (as pawl)@db1`. What the environment and the kernel say, and no proof.
std::string requester();

}  // namespace pawl::bin
