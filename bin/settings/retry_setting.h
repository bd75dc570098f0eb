// A step's retry policy as one option: `first=5s,longest=30m,attempts=0,for=24h,jitter=full`.
#pragma once

#include <string>
#include <string_view>

#include "engine/authoring/retry_policy.h"

namespace pawl::bin {

/// The policy with the parts that the text names replaced; the rest stays. `attempts=0` and `for=0s` mean no limit;
/// one of the two must remain, unless the policy has neither. Throws UsageError naming the part that is wrong.
engine::RetryPolicy with_retry_setting(engine::RetryPolicy policy, std::string_view text);

/// The policy as such a text, without what is not limited and without the jitter that is usual.
std::string retry_text(const engine::RetryPolicy& policy);

}  // namespace pawl::bin
