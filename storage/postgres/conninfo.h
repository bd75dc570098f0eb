// A connection string as libpq reads it: its keywords, and what is wrong with it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pawl::storage {

using Keywords = std::vector<std::pair<std::string, std::string>>;

/// Why libpq could not use the conninfo or URI, or what it finds in its environment and in the service that either
/// names; nullopt if it can. Nothing of them is quoted, since it may be a part of a password. Connects to nothing and
/// looks up no host, but for an LDAP server that the service file names.
std::optional<std::string> why_unusable(const std::string& conninfo);

/// The keywords that a conninfo or URI gives, in libpq's order. Throws engine::RefusedError with why_unusable().
Keywords conninfo_keywords(const std::string& conninfo);

/// The same, with what libpq's environment, its service file and its own defaults add, and once each.
Keywords effective_keywords(const std::string& conninfo);

/// The conninfo with a name for its sessions (`application_name` in pg_stat_activity), which one that it gives itself,
/// or PGAPPNAME, goes before. Throws engine::RefusedError with why_unusable().
std::string with_application_name(const std::string& conninfo, const std::string& name);

/// The keywords as a conninfo. Of a keyword given twice libpq takes the last.
std::string conninfo_of(const Keywords& keywords);

}  // namespace pawl::storage
