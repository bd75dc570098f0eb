// Where accounts stand with their passwords: in addresses, files, sentences and links.
#include "workflows/redaction/places/pattern.h"

namespace pawl::redaction {

namespace {

constexpr Pattern kAccountPatterns[] = {
    // user and password of a URL; a password may hold '/', '?' or '#', and then what follows the colon is no port
    {"[A-Za-z]://([^\\s/?#\"'`<>]+)@", any},
    {"[A-Za-z]://([^\\s/?#:@\\[\"'`<>]*:[0-9]*[^0-9\\s/?#:@\"'`<>][^\\s\"'`<>]*)@", any},
    // user:password@host and user/password@host
    {"(?:^|[\\s(,;=\"'<|])(?:root|admin|administrator|sa|postgres|guest|system|sys|scott):([^\\s@:/\"'`<>]+)@\\w",
     no_prose},
    {"(?:^|[\\s(,;=\"'<|:])[A-Za-z_][\\w.+-]*:([^\\s:/\"'`<>][^\\s/\"'`<>]*)@\\w", account_password},
    {"(?:^|[\\s(,;=\"'<|])[A-Za-z_][\\w.+-]*:([^\\s@:/\"'`<>]+)@\\d+\\.\\d+\\.\\d+\\.\\d+", no_number},
    {"\\b(?:sqlplus|expdp|impdp|rman|sqlldr|thin:)\\s*(?:-\\w+\\s+)?[\\w$#.-]+/([^\\s@\"'/]+)@", any},
    {"\\b(?:exp|imp|expdp|impdp|sqlldr|sqlplus)\\s+(?:-\\w+\\s+)?[\\w$#.-]+/([^\\s@\"'/]+)(?:\\s|$)", no_prose},
    {"[\"'][\\w.-]+:([^\\s:@/\"']+)@(?:tcp|udp|unix)\\(", any},
    {"(?:^|[\\s(=\"'])[\\w$#.-]+/([^\\s@\"'/]+)@(?://)?\\w", token},
    // .pgpass, .netrc
    {"(?:^|\\s)[\\w.*-]+:(?:\\d{2,5}|\\*):[\\w*-]+:[\\w*-]+:(\\S+)", any},
    {"\\blogin\\s+[^\\s,]+\\s+password\\s+(\\S+)", no_prose},
    {"(?i)(?:passwd|secrets|credentials|htpasswd)[\\w./-]*:?\\s+(?:line "
     "\\d+:?\\s+)?[\\w.@*-]+(?::[\\w.@*-]+){0,2}:([^\\s:]+)",
     chosen},
    {"(?i)(?:psk\\.txt|\\.secrets|(?:chap|pap|ipsec)[-.]secrets|passwd\\.\\w+|\\.netrc|\\.pgpass|sasl_passwd|htpasswd)"
     "\\S*\\s+"
     "[\\w.@*-]+[:\\s]+(?:[\\w.@*-]+[:\\s]+)?([^\\s:]+)",
     chosen},
    {"\\bchpasswd:\\s[^\\n]{0,40}\\n?[^\\n]{0,40}\\n?\\s*[\\w.-]+:(\\S+)", chosen},
    {"\\[(?:admins|users)\\]\\s+[\\w.@-]+\\s*=\\s*(\\S+)", chosen},
    // Postgres of a row: any column may be the secret one
    {"\\bKey \\([^()]*\\b\\w*(?:password|passwd|token|secret|api_?key)(?:_hash|_digest)?[,)][^()]*\\)?=\\(([^()]*)\\)",
     any},
    // `login=bob:x`, `rejected: bob/x`, `user bob using x`
    {"(?i)\\b(?:log[io]n|auth|digest|basic|cred(?:ential)?s?|account|userpass|userpwd|tried|rejected|refused|denied|"
     "incorrect|invalid|failed)[\\s:=]+[\\[(\"']?[\\w.@-]+[/:]([^\\s/:\\])\"',;]+)",
     chosen},
    {"(?i)\\buser\\s+\\S+\\s+using\\s+[\"']?([^\\s\"';]+)", chosen},
    // in sentences
    {"(?i)\\b(?:otp|totp|2fa|mfa|sms|one[ "
     "-]?time|security|verification|confirmation|recovery|alarm|door|gate|entry|key ?safe|access)[ "
     "-]?(?:pass)?codes?:?\\s+"
     "(?:is\\s+|was\\s+)?[\"']?(\\d{4,8})\\b",
     any},
    {"(?i)\\b(\\d{4,8})\\s+(?:as|is)\\s+(?:your|the)\\s+[\\w -]{0,30}\\b(?:pass)?code\\b", any},
    {"(?i)\\b(?:pin|passcode|otp|cvv2?|cvc)\\s+(?:code\\s+|number\\s+)?(?:is|was)\\s+[\"']?(\\d{3,8})\\b", any},
    {"(?i)\\b(?:otp|totp|mtan|2fa)\\s+(\\d{4,8})\\b", any},
    {"(?i)\\b(?:password|passcode|passwort|pin|code|token|key)\\s+(?:you|that|which|sie)\\s[^\\n,:(]{0,40}[,:(]\\s*[\"'"
     "]?([^\\s,\"')]+)",
     chosen},
    {"(?i)\\bpassword\\s+for\\s+\\S+@\\S+\\s+(\\S+)", token},
    {"(?i)\\bpassword\\s[^\\n:=]{1,60}\\swith\\s+[\"']?([^\\s\"',;]+)", token},
    {"(?i)\\btried\\s+(?:the\\s+)?passwords?\\b[^\\n]{1,80}?\\sthen\\s+[\"']?([^\\s\"',;]+)", token},
    {"(?i)\\bcred(?:ential)?s\\s+[\\w.@+-]+:([^\\s:/\"'`<>]+)", token},
    {"(?i)\\bcred(?:ential)?s\\s*\\(\\s*[\\w.@+-]+\\s*[,:/]\\s*([^\\s)]+)\\)", token},
    // links that log in whoever has them, and short names in a query
    {"(?i)/[\\w-]*(?:reset|magic|verify|confirm|activat|invit|unsubscribe|recover|login|signin|token|otp)[\\w-]*/"
     "([A-Za-z0-9_~.=-]{8,})",
     long_token},
    {"(?i)[?&](?:p|t|k|s|h|st|hash|access|ticket|tk|tkn|nonce|link|invite)=([^&\\s\"'<>#;]+)", token},
    {"(?i)[?&](?:code|pw|pass|psw)=([^&\\s\"'<>#;]+)", no_number},
};

}  // namespace

std::span<const Pattern> account_patterns() { return kAccountPatterns; }

}  // namespace pawl::redaction
