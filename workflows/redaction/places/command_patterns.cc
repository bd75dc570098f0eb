// Command lines whose form says which word is the secret, whatever the tool, and redirected input.
#include "workflows/redaction/places/pattern.h"

namespace pawl::redaction {

namespace {

#define PAWL_COMMAND_REST "\\b[^\\n|;]{0,200}?\\s"
#define PAWL_ARGUMENT "(\"[^\"\\n]+\"|'[^'\\n]+'|[^\\s\"'-][^\\s\"']*)"
#define PAWL_USER_OPTION                                                                                   \
  "(?:^|[\\s\"'])(?:-u|-U|-E|-a|-auth|--user|--proxy-user|--auth|--cert|--http-auth|--(?:\\w+-)?cred\\w*)" \
  "(?:\\s*|=)"
#define PAWL_READS_SECRETS "passwd|chpasswd|kinit|kadmin\\S*|cryptsetup|smbpasswd|sudo|su|docker|podman|gpg|vault|realm"

constexpr Pattern kCommandPatterns[] = {
    // `-u user:x`, `-U user%x`, `-u user,x`
    {PAWL_USER_OPTION "(?:\"[^\\s\":]{1,64}:([^\"\\n]+)\")", no_number},
    {PAWL_USER_OPTION "(?:'[^\\s':]{1,64}:([^'\\n]+)')", no_number},
    {PAWL_USER_OPTION "[^\\s:\"'=]{1,64}:([^\\s\"']+)", no_number},
    {"\\s(?:-U|-a|--user)[\\s=]*[\"']?[A-Za-z][^\\s%\"']{0,63}%([^\\s\"']+)", no_prose},
    {"\\blftp\\b[^\\n|;]{0,200}?(?:-u|--user)\\s*[^\\s,]{1,64},(\\S+)", any},
    // a user and a password of any tool: `-u bob -p x`
    {"\\s(?:-u|-U|-user|-username|--user(?:name)?|--login)[\\s=]+\\S+\\s[^\\n|;]{0,100}?-(?:p|P|w|pw|pass|pwd)[\\s=]"
     "+" PAWL_ARGUMENT,
     option_value},
    // `--from-literal=name=x`, `vault kv put path name=x`, `secrets set NAME=x`
    {"--from-literal[= ][\"']?[\\w.-]+=([^\\s\"']+)", any},
    {"\\b(?:vault\\s+(?:kv\\s+)?(?:put|patch|write)|secrets?\\s+(?:set|put|add))\\s[^\\n|;]{0,200}?[\\w.-]=([^\\s=]\\S*"
     ")",
     no_prose},
    // Windows
    {"(?i)ConvertTo-SecureString\\s+(?:-String\\s+)?" PAWL_ARGUMENT, no_prose},
    {"\\bnet\\s+use" PAWL_COMMAND_REST "/u(?:ser)?:\\S+\\s+(\\S+)", any},
    {"\\bnet\\s+use\\s+\\S+\\s+([^\\s/]\\S*)\\s+/u(?:ser)?:", any},
    // input that is redirected
    {"\\b(?:" PAWL_READS_SECRETS "|mysql\\w*|psql)\\b[^\\n<]{0,100}<<<\\s*" PAWL_ARGUMENT, any},
    {"\\b(?:" PAWL_READS_SECRETS ")\\b[^\\n<]{0,100}<<[-~]?\\s?[\"']?[A-Z_]+[\"']?[^\\n]{0,40}\\n\\s*([^\\n]+)", any},
    {"\\bmysql\\w*\\b[^\\n<]{0,100}\\s-p\\s[^\\n<]{0,40}<<[-~]?\\s?[\"']?[A-Z_]+[\"']?[^\\n]{0,40}\\n\\s*([^\\s;]+)\\s*"
     "(?:\\n|$)",
     any},
    {"<\\(\\s*(?:echo|printf)\\s+(?:-\\w+\\s+)*[\"']?([^\\s\"')]+)", no_prose},
    {"\\b(?:echo|printf)\\s+(?:-\\w+\\s+)*[\"']?([^\\s\"'|]+)[\"']?\\s*\\|[^\\n|]{0,60}?\\b(?:" PAWL_READS_SECRETS
     "|secrets?|\\w*pass(?:word|phrase|wd)?-(?:stdin|fd|file)\\w*)\\b",
     no_prose},
};

}  // namespace

std::span<const Pattern> command_patterns() { return kCommandPatterns; }

}  // namespace pawl::redaction
