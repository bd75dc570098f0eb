// Lets libpq's own parser read, and looks for what libpq would only notice, and quote, while it connects.
#include "storage/postgres/conninfo.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "engine/authoring/errors.h"
#include "storage/files/named_file.h"

namespace pawl::storage {

namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

struct ParserWord {
  std::string_view beginning;
  const char* meaning;
};

// How libpq's messages begin (src/interfaces/libpq/fe-connect.c), without what they quote.
constexpr std::array kParserWords{
    ParserWord{"invalid percent-encoded token", "a % is not followed by two hexadecimal digits; write % itself as %25"},
    ParserWord{"forbidden value %00", "%00 stands for nothing that libpq takes"},
    ParserWord{"missing \"=\"", "a word is no KEYWORD=VALUE; put a value with spaces into single quotes"},
    ParserWord{"unterminated quoted string", "a single quote is not closed; write a quote within a value as \\'"},
    ParserWord{"invalid connection option", "a keyword is none of libpq's"},
    ParserWord{"invalid URI query parameter", "a parameter behind its ? is none of libpq's"},
    ParserWord{"missing key/value separator", "a parameter behind its ? has no =; write ? in a password as %3F"},
    ParserWord{"extra key/value separator", "a parameter behind its ? has a second =; write it as %3D"},
};

const std::string kEncodePassword = "in a password write / as %2F, @ as %40, : as %3A, ? as %3F and # as %23";

std::string meaning_of(const char* message) {
  const std::string_view text = message ? message : "";
  for (const ParserWord& word : kParserWords)
    if (text.starts_with(word.beginning)) return word.meaning;
  return "libpq cannot read it; " + kEncodePassword;
}

Options parsed(const std::string& conninfo, std::string& why) {
  char* message = nullptr;
  Options options(PQconninfoParse(conninfo.c_str(), &message));
  if (!options) why = meaning_of(message);
  PQfreemem(message);
  return options;
}

// libpq takes no such version, and so does not connect.
constexpr const char* kNoConnect = "ssl_min_protocol_version";
constexpr const char* kNoSuchVersion = "none, this only asks";

// What libpq would connect with. It is asked by a connection that it gives up before it looks up a host: nothing else
// reads the service that a conninfo names. `why` says what is wrong with that service.
Options put_together(const std::string& conninfo, std::string& why) {
  const std::array<const char*, 3> keywords{"dbname", kNoConnect, nullptr};
  const std::array<const char*, 3> values{conninfo.c_str(), kNoSuchVersion, nullptr};
  const std::unique_ptr<PGconn, CloseConnection> connection(PQconnectStartParams(keywords.data(), values.data(), 1));
  Options options(PQconninfo(connection.get()));
  for (const PQconninfoOption* option = options.get(); option && option->keyword; ++option)
    if (std::string_view(option->keyword) == kNoConnect && option->val &&
        std::string_view(option->val) == kNoSuchVersion)
      return options;
  why = std::string_view(PQerrorMessage(connection.get())).starts_with("definition of service")
            ? "its service is not in libpq's service file"
            : "libpq cannot read its service file";
  why += "; see PGSERVICE, PGSERVICEFILE and ~/.pg_service.conf";
  return options;
}

bool is_uri(const std::string& conninfo) {
  return conninfo.starts_with("postgresql://") || conninfo.starts_with("postgres://");
}

bool is_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

// One for each host, and an empty one is the default.
bool are_ports(std::string_view text) {
  for (std::size_t comma = 0; comma != std::string_view::npos; text.remove_prefix(std::min(text.size(), comma + 1))) {
    comma = text.find(',');
    const std::string_view port = text.substr(0, comma);
    if (!port.empty() && (!is_number(port) || port.size() > 5 || port == "0")) return false;
  }
  return true;
}

// One for each port, and an empty one is the default. What stands at its beginning tells a path and an abstract socket.
bool are_hosts(std::string_view text) {
  constexpr std::string_view kOfNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  for (std::size_t comma = 0; comma != std::string_view::npos; text.remove_prefix(std::min(text.size(), comma + 1))) {
    comma = text.find(',');
    const std::string_view host = text.substr(0, comma);
    if (host.starts_with('/') || host.starts_with('@')) continue;
    const bool is_address = std::ranges::count(host, ':') > 1 || host.starts_with("::");  // IPv6, perhaps with its zone
    const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    for (const char c : host)
      if (ascii(c) && kOfNames.find(c) == std::string_view::npos && !(is_address && (c == ':' || c == '%')))
        return false;
  }
  return true;
}

struct Choice {
  std::string_view keyword;
  std::string_view values;  // each between blanks
};
constexpr std::array kChoices{
    Choice{"sslmode", " disable allow prefer require verify-ca verify-full "},
    Choice{"channel_binding", " disable prefer require "},
    Choice{"gssencmode", " disable prefer require "},
    Choice{"target_session_attrs", " any read-write read-only primary standby prefer-standby "},
};
constexpr std::array<std::string_view, 6> kNumbers{"connect_timeout",     "keepalives",       "keepalives_idle",
                                                   "keepalives_interval", "keepalives_count", "tcp_user_timeout"};

// Empty: nothing.
std::string why_unusable(std::string_view keyword, const std::string& value) {
  if ((keyword == "host" || keyword == "hostaddr") && !are_hosts(value))
    return "its " + std::string(keyword) +
           " is no host name, address or path of a socket; between KEYWORD=VALUE stands a blank";
  if ((keyword == "user" || keyword == "dbname") && value.find("password=") != std::string::npos)
    return "its " + std::string(keyword) + " has password= in it; between KEYWORD=VALUE stands a blank";
  if (keyword == "port" && !are_ports(value)) return "its port is no port number; " + kEncodePassword;
  for (const Choice& choice : kChoices)
    if (choice.keyword == keyword && choice.values.find(" " + value + " ") == std::string_view::npos)
      return "its " + std::string(keyword) + " is not one of:" + std::string(choice.values);
  if (std::ranges::find(kNumbers, keyword) != kNumbers.end() && !is_number(value))
    return "its " + std::string(keyword) + " is no number";
  return {};
}

// libpq opens these without a look, and would wait for the writer of a pipe.
constexpr std::array<std::string_view, 4> kFiles{"sslrootcert", "sslcert", "sslkey", "sslcrl"};

std::string why_no_file(std::string_view keyword, const std::string& value) try {
  if (std::ranges::find(kFiles, keyword) != kFiles.end()) require_regular_if_there(value);
  return {};
} catch (const UnusableFile& error) {
  return "the file of its " + std::string(keyword) + " cannot be read: " + error.what();
}

std::string why_no_service_file() try {
  const char* const named = std::getenv("PGSERVICEFILE");
  const char* const home = std::getenv("HOME");
  if (named)
    require_regular_if_there(named);
  else if (home)
    require_regular_if_there(std::string(home) + "/.pg_service.conf");
  return {};
} catch (const UnusableFile& error) {
  return std::string("libpq cannot read its service file: ") + error.what() +
         "; see PGSERVICE, PGSERVICEFILE and ~/.pg_service.conf";
}

// A part of a password that was taken for a host would be asked of the name server, and stand in each error.
bool holds_end_of_password(std::string_view keyword, std::string_view value) {
  return (keyword == "host" || keyword == "dbname") && value.find('@') != std::string_view::npos;
}

Keywords keywords_of(const Options& options) {
  Keywords keywords;
  for (const PQconninfoOption* option = options.get(); option && option->keyword; ++option)
    if (option->val) keywords.emplace_back(option->keyword, option->val);
  return keywords;
}

// Of a value that no conninfo gives.
std::string source_of(const PQconninfoOption& option) {
  const char* variable = option.envvar ? std::getenv(option.envvar) : nullptr;
  const bool is_variable = variable && std::string_view(variable) == option.val;
  return is_variable ? std::string(option.envvar) + " in the environment" : "libpq's service file";
}

}  // namespace

std::optional<std::string> why_unusable(const std::string& conninfo) {
  std::string why;
  const Options given = parsed(conninfo, why);
  if (!given) return why;
  for (const auto& [keyword, value] : keywords_of(given)) {
    if (is_uri(conninfo) && holds_end_of_password(keyword, value))
      return "an @ stands behind the one before its host; " + kEncodePassword;
    if (std::string reason = value.empty() ? "" : why_unusable(keyword, value); !reason.empty()) return reason;
  }
  if (why = why_no_service_file(); !why.empty()) return why;
  const Options all = put_together(conninfo, why);
  if (!why.empty()) return why;
  for (const PQconninfoOption* option = all.get(); option && option->keyword; ++option) {
    const std::string value = option->val ? option->val : "";
    const std::string reason = value.empty() ? "" : why_unusable(option->keyword, value);
    if (!reason.empty()) return source_of(*option) + ": " + reason;
    if (std::string none = value.empty() ? "" : why_no_file(option->keyword, value); !none.empty()) return none;
  }
  return std::nullopt;
}

Keywords conninfo_keywords(const std::string& conninfo) {
  if (const auto why = why_unusable(conninfo))
    throw engine::RefusedError("Postgres: the connection string cannot be used: " + *why);
  std::string why;
  return keywords_of(parsed(conninfo, why));
}

Keywords effective_keywords(const std::string& conninfo) {
  conninfo_keywords(conninfo);
  std::string why;
  Keywords keywords = keywords_of(put_together(conninfo, why));
  std::erase_if(keywords, [](const auto& keyword) { return keyword.first == kNoConnect; });
  return keywords;
}

std::string with_application_name(const std::string& conninfo, const std::string& name) {
  Keywords keywords = conninfo_keywords(conninfo);
  keywords.emplace(keywords.begin(), "fallback_application_name", name);
  return conninfo_of(keywords);
}

std::string conninfo_of(const Keywords& keywords) {
  std::string conninfo;
  for (const auto& [keyword, value] : keywords) {
    conninfo += (conninfo.empty() ? "" : " ") + keyword + "='";
    for (const char c : value) {
      if (c == '\'' || c == '\\') conninfo += '\\';
      conninfo += c;
    }
    conninfo += '\'';
  }
  return conninfo;
}

}  // namespace pawl::storage
