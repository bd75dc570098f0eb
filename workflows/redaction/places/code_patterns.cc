// Where code puts credentials: SQL, lists of user and password, calls without brackets, SOAP, forms that are filled in.
#include "workflows/redaction/places/pattern.h"

namespace pawl::redaction {

namespace {

#define PAWL_STRING "[bN@]?[\"'][^\"'\\n]{0,160}[\"']"
#define PAWL_SECRET_STRING "[bN@]?[\"']([^\"'\\n]+)[\"']"
#define PAWL_LOGS_IN "[\\w.]*(?:log_?[io]n|sign_?in|auth)\\w*"
#define PAWL_FILLS "(?:fill|type|send_?keys|set_?value|set_?text|enter|input|write|val|put)\\w*"
#define PAWL_FIELD "[\"'`][^\"'`\\n]{0,60}(?:pass|pwd|secret|token|pin|otp)[^\"'`\\n]{0,30}[\"'`]"

constexpr Pattern kCodePatterns[] = {
    // SQL
    {"(?i)\\bidentified\\s+(?:with\\s+\\S+\\s+)?(?:by|as)\\s+(?:password\\s+)?[\"'](.*?)[\"']", no_prose},
    {"(?i)\\bidentified\\s+by\\s+([^\\s\"';]+)", no_prose},
    {"(?i)\\bidentified\\s+by\\s+\\S+\\s+replace\\s+[\"']?([^\\s\"';]+)", any},
    {"(?i)\\bsp_addlinkedsrvlogin\\b[^\\n]{0,200},\\s*" PAWL_SECRET_STRING, any},
    {"(?i)\\bopen(?:rowset|datasource)\\s*\\(\\s*" PAWL_STRING "\\s*,\\s*" PAWL_STRING "\\s*;\\s*" PAWL_STRING
     "\\s*;\\s*" PAWL_SECRET_STRING,
     any},
    {"(?i)\\bpassword\\s*\\(\\s*[\"'](.*?)[\"']", no_prose},
    {"(?i)\\bset\\s+password\\s+for\\s+[^=\\n]{1,80}=\\s*" PAWL_SECRET_STRING, no_prose},
    {"(?i)\\bsp_(?:addlogin|password|addlinkedsrvlogin)\\s+(?:" PAWL_STRING "\\s*,\\s*){1,4}?" PAWL_SECRET_STRING, any},
    {"(?i)\\b(?:pgp_sym_\\w+|aes_(?:en|de)crypt)\\s*\\([^,()\\n]{1,200},\\s*" PAWL_SECRET_STRING, any},
    {"(?i)\\b(?:en|de)cryptbypassphrase\\s*\\(\\s*" PAWL_SECRET_STRING, any},
    {"(?i)\\.logon\\s+[^\\s,]+,(\\S+)", any},
    {"(?i)\\b(?:pragma\\s+(?:hex|re)?key\\s*=\\s*|attach\\s[^\\n]{0,80}?\\bkey\\s+)" PAWL_SECRET_STRING, any},
    {"(?i)\\b(?:Hash::make|password_hash|hashpw|make_password|generate_password_hash|b?crypt|scrypt|argon2\\w*)\\s*\\("
     "\\s*" PAWL_SECRET_STRING,
     no_prose},
    {"[\"']u(?:ser)?[\"']\\s*:\\s*" PAWL_STRING "\\s*,\\s*[\"']p(?:w|ass)?[\"']\\s*:\\s*" PAWL_SECRET_STRING, any},
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
    // `"method": "login", "params": ["bob", "x"]`
    {"(?i)[\"'][\\w./"
     "]*(?:log_?[io]n|sign_?in|authenticate)[\"']\\s*,\\s*(?:[\"']?\\w{1,20}[\"']?\\s*[:=]\\s*\\[\\s*)?" PAWL_STRING
     "\\s*,\\s*" PAWL_SECRET_STRING,
     no_prose},
    // filling in a form: `fill('#password', 'x')`, `get('#password').type('x')`
    {"(?i)\\b" PAWL_FILLS "\\s*\\(\\s*" PAWL_FIELD "\\s*,\\s*[\"'`]([^\"'`\\n]+)", no_prose},
    {"(?i)" PAWL_FIELD "\\s*\\)+\\s*\\.\\s*" PAWL_FILLS "\\s*\\(\\s*[\"'`]([^\"'`\\n]+)", no_prose},
    {"(?i)\\bInput Password\\s+\\S+\\s+(\\S+)", chosen},
};

}  // namespace

std::span<const Pattern> code_patterns() { return kCodePatterns; }

}  // namespace pawl::redaction
