// Where accounts stand with their passwords: in addresses, files, sentences, dialogues, SQL and links.
#include "workflows/redaction/places/pattern.h"

namespace pawl::redaction {

namespace {

#define PAWL_STRING "[bN@]?[\"'][^\"'\\n]{0,160}[\"']"
#define PAWL_LOGS_IN "[\\w.]*(?:log_?[io]n|sign_?in|auth)\\w*"
#define PAWL_SECRET_STRING "[bN@]?[\"']([^\"'\\n]+)[\"']"

constexpr Pattern kPatterns[] = {
    // user and password of a URL; a password may hold '/', '?' or '#', and then what follows the colon is no port
    {"[A-Za-z]://([^\\s/?#\"'`<>]+)@", any},
    {"[A-Za-z]://([^\\s/?#:@\\[\"'`<>]*:[0-9]*[^0-9\\s/?#:@\"'`<>][^\\s\"'`<>]*)@", any},
    // user:password@host and user/password@host
    {"(?:^|[\\s(,;=\"'<|])(?:root|admin|administrator|sa|postgres|guest|system|sys|scott):([^\\s@:/\"'`<>]+)@\\w",
     no_prose},
    {"(?:^|[\\s(,;=\"'<|])[A-Za-z_][\\w.+-]*:([^\\s:/\"'`<>][^\\s/\"'`<>]*)@\\w", account_password},
    {"\\b(?:sqlplus|expdp|impdp|rman|sqlldr|thin:)\\s*(?:-\\w+\\s+)?[\\w$#.-]+/([^\\s@\"'/]+)@", any},
    {"(?:^|[\\s(=\"'])[\\w$#.-]+/([^\\s@\"'/]+)@(?://)?\\w", token},
    // .pgpass, .netrc
    {"(?:^|\\s)[\\w.*-]+:(?:\\d{2,5}|\\*):[\\w*-]+:[\\w*-]+:(\\S+)", any},
    {"\\blogin\\s+\\S+\\s+password\\s+(\\S+)", no_prose},
    {"(?i)(?:passwd|secrets|credentials|htpasswd)[\\w./-]*:?\\s+(?:line "
     "\\d+:?\\s+)?[\\w.@*-]+(?::[\\w.@*-]+){0,2}:([^\\s:]+)",
     chosen},
    // Postgres of a row: any column may be the secret one
    {"\\bKey \\([^()]*\\b\\w*(?:password|passwd|token|secret|api_?key)(?:_hash|_digest)?[,)][^()]*\\)?=\\(([^()]*)\\)",
     any},
    // in sentences
    {"(?i)\\b(?:otp|totp|2fa|mfa|sms|one[ -]?time|security|verification|confirmation|recovery)[ "
     "-]?(?:pass)?codes?:?\\s+"
     "(?:is\\s+|was\\s+)?[\"']?(\\d{4,8})\\b",
     any},
    {"(?i)\\b(?:pin|passcode|otp|cvv2?|cvc)\\s+(?:code\\s+|number\\s+)?(?:is|was)\\s+[\"']?(\\d{3,8})\\b", any},
    {"(?i)\\b(?:log[io]n|tried|credentials)\\s+[\\[(\"']?[\\w.@-]+[/:]([^\\s/:\\])\"']+)", chosen},
    {"(?i)\\bpassword\\s+for\\s+\\S+@\\S+\\s+(\\S+)", token},
    {"(?i)\\bpassword\\s[^\\n:=]{1,60}\\swith\\s+[\"']?([^\\s\"',;]+)", token},
    {"(?i)\\btried\\s+(?:the\\s+)?passwords?\\b[^\\n]{1,80}?\\sthen\\s+[\"']?([^\\s\"',;]+)", token},
    {"(?i)\\bcred(?:ential)?s\\s+[\\w.@+-]+:([^\\s:/\"'`<>]+)", token},
    {"(?i)\\bcred(?:ential)?s\\s*\\(\\s*[\\w.@+-]+\\s*[,:/]\\s*([^\\s)]+)\\)", token},
    // credentials after the name of their scheme
    {"(?i)\\b(?:bearer|basic|negotiate|ntlm|ssws|apikey|geniekey|hawk|zoho-oauthtoken|hmac|mac|gssapi)\\s+([A-Za-z0-9._"
     "~+/=:-]{4,})",
     credential},
    // mail, FTP, Redis and IMAP logins
    {"\\b(?:AUTH|AUTHENTICATE)\\s+(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER|CRAM-MD5|DIGEST-MD5|NTLM|GSSAPI|SCRAM\\S*)[ "
     "=]+([A-Za-z0-9+/=]{8,})",
     credential},
    {"\\b334(?:[ -][A-Za-z0-9+/=]*)?\\s+([A-Za-z0-9+/=]{4,})", credential},
    {"(?:UGFzc3dvcmQ6|UGFzc3dvcmQA)\\s+(\\S+)", any},
    {"\\bPASS\\s+(\\S+)", no_prose},
    {"\\bAUTH\\s+(?:[\\w.-]+\\s+)?(\\S+)", token},
    {"\\b(?:IDENTIFY|OPER)\\s+(?:\\S+\\s+)?(\\S+)", chosen},
    {"\\bsend(?:line)?\\s*\\(?\\s*(?:-- )?\"([^\"\\s]+)\\s*\"", chosen},
    {"\\bLOGIN\\s+\\S+\\s+(\\S+)", token},
    {"\\bAPOP\\s+\\S+\\s+(\\S+)", token},
    // SQL
    {"(?i)\\bidentified\\s+(?:with\\s+\\S+\\s+)?(?:by|as)\\s+(?:password\\s+)?[\"'](.*?)[\"']", no_prose},
    {"(?i)\\bidentified\\s+by\\s+([^\\s\"';]+)", no_prose},
    {"(?i)\\bpassword\\s*\\(\\s*[\"'](.*?)[\"']", no_prose},
    {"(?i)\\bset\\s+password\\s+for\\s+[^=\\n]{1,80}=\\s*" PAWL_SECRET_STRING, no_prose},
    {"(?i)\\bsp_(?:addlogin|password|addlinkedsrvlogin)\\s+(?:" PAWL_STRING "\\s*,\\s*){1,4}?" PAWL_SECRET_STRING, any},
    {"(?i)\\b(?:pgp_sym_\\w+|aes_(?:en|de)crypt)\\s*\\([^,()\\n]{1,200},\\s*" PAWL_SECRET_STRING, any},
    {"(?i)\\b(?:en|de)cryptbypassphrase\\s*\\(\\s*" PAWL_SECRET_STRING, any},
    // lists of user and password
    {"(?i)\\b(?:http_?)?(?:basic_?|proxy_?)?(?:auth|credentials?|login)[\"']?\\s*(?:=>?|:|,)\\s*[(\\[{]\\s*" PAWL_STRING
     "\\s*,\\s*" PAWL_SECRET_STRING,
     no_prose},
    {"(?i)\\{(?:basic_?)?(?:auth|credentials?|login),\\s*\\{?\\s*" PAWL_STRING "\\s*,\\s*" PAWL_SECRET_STRING,
     no_prose},
    {"(?i)\\b(?:un)?protect\\w*\\s*\\(?\\s*\"([^\"\\n]+)\"", chosen},
    // calls without brackets, and those of SOAP and XML-RPC
    {"(?i)\\b\\w*(?:log_?[io]n|sign_?in|auth(?:enticate)?|connect|open)\\s+" PAWL_STRING ",\\s*(?:" PAWL_STRING
     ",\\s*)?" PAWL_SECRET_STRING,
     account_password},
    {"(?i)<(?:(?:\\w+:)?" PAWL_LOGS_IN "[^<>]{0,100}|methodName>" PAWL_LOGS_IN "</methodName)>(?:\\s*<[^<>]{1,60}>)+"
     "[^<>]{1,80}(?:\\s*<[^<>]{1,60}>)*?\\s*<(?:\\w+:)?(?:arg|param|in|string|value|p)\\d{0,2}>([^<>]+)<",
     no_prose},
    {"USERPWD\\s*(?:,|=>?|:)\\s*[\"'][^\"':\\n]{0,64}:([^\"'\\n]+)", any},
    // links that log in whoever has them, and short names in a query
    {"(?i)/[\\w-]*(?:reset|magic|verify|confirm|activat|invit|unsubscribe|recover|login|signin|token|otp)[\\w-]*/"
     "([A-Za-z0-9_~.=-]{8,})",
     long_token},
    {"(?i)[?&](?:p|t|k|s|h|st|hash|access|ticket|tk|tkn|nonce|link|invite)=([^&\\s\"'<>#;]+)", token},
    {"(?i)[?&](?:code|pw|pass|psw)=([^&\\s\"'<>#;]+)", no_number},
};

}  // namespace

std::span<const Pattern> account_patterns() { return kPatterns; }

}  // namespace pawl::redaction
