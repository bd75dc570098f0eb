// One HTTP exchange as text: which request is answered, and how.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bin/status/page.h"

namespace pawl::bin {

/// Whom a request may come from: over TCP also from a web page that a browser on this host shows.
enum class Reach { kUnixSocket, kTcp };

/// Longer requests are refused.
inline constexpr std::size_t kRequestSizeMax = 8 * 1024;

/// Whether the request's head has come whole, or is too long to be waited for.
bool is_complete(std::string_view request);

/// The response to a complete request, after which the connection is closed, so that nothing in it can be taken for a
/// second request. `page` is asked for the path of a GET or HEAD that is well-formed and, over TCP, names this host and
/// comes from no web page: a browser sends the Host that its page was loaded from and, to another host, its Origin, or
/// in Sec-Fetch-Site whether it was another.
std::string answer_to(std::string_view request, Reach reach, const std::function<Page(const std::string& path)>& page);

}  // namespace pawl::bin
