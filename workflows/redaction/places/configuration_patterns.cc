// Lines of devices and servers that put a secret behind a word, a number or an algorithm.
#include "workflows/redaction/places/pattern.h"

namespace pawl::redaction {

namespace {

#define PAWL_ALGORITHM "(?:md5|sha\\S*|hmac\\S*|aes\\S*|des|3des|text|key-string)"
#define PAWL_STORED "(?:(?:\\d{1,3}|encrypted|ENC|cipher|ciphertext|plaintext|ascii-text|hexadecimal|local|remote)\\s+)"
#define PAWL_CONFIGURES                                                                                          \
  "(?:set|enable|vtp|ppp|ip|ntp|neighbor|bgp|username|local-user|crypto|tacacs\\S*|radius\\S*|aaa\\S*|line|key|" \
  "ikev\\d|config|wlan|wpa\\S*|tunnel-group|snmp\\S*|user)"
#define PAWL_NAME "[\\w-]*(?:password|passwd|passphrase|secret|psk|-key|key-string|md5|sha|community\\S*)"
#define PAWL_OPTIONS "(?:\\s+(?:level|address|encrypted|vrf|priv|role|all|\\d+)\\b[^\\n]{0,60})?"
#define PAWL_WORD "[\"']?([^\\s\"';]+)"

constexpr Pattern kConfigurationPatterns[] = {
    // SNMP
    {"(?i)\\bsnmp\\S*\\s(?:[\\w.-]+\\s+){0,4}?community[\\w-]*\\s+(?:(?:read|write|ro|rw|name|cipher|simple|\\d)\\s+){"
     "0,3}" PAWL_WORD,
     no_prose},
    {"(?i)\\bsnmp[^\\n]{0,60}?\\bcommunity\\w*\\s*[:=]\\s*" PAWL_WORD, no_prose},
    {"(?i)\\bsnmp-server\\s+host\\s+\\S+\\s+(?:(?:traps|informs|version\\s+\\S+|auth|noauth|priv)\\s+){0,3}" PAWL_WORD,
     no_prose},
    {"(?i)\\bsnmp\\s*v?\\d\\w*[/:]([^\\s@/]+)@", any},
    {"(?i)\\bsnmp\\s+community\\s+edit\\s+\\d+\\s+set\\s+name\\s+" PAWL_WORD, any},
    {"(?i)(?:^|\\s)(?:r[ow]community6?|trapcommunity|community)\\s+" PAWL_WORD, no_number},
    {"(?i)\\bcom2sec6?\\s+(?:-Cn\\s+\\S+\\s+)?\\S+\\s+\\S+\\s+" PAWL_WORD, any},
    {"(?i)\\bcreateUser\\s+(?:-e\\s+\\S+\\s+)?\\S+\\s+(?:MD5|SHA\\S*)\\s+" PAWL_WORD, any},
    {"(?i)\\bcreateUser\\s+[^\\n]{1,160}?\\s(?:AES\\S*|DES)\\s+" PAWL_WORD, any},
    // keys of routing, time and tunnels: `md5 x`, `auth sha x priv aes 128 x`, `authentication text x`
    {"(?i)\\b(?:message-digest-key|authentication-key|auth|authentication|priv|privacy|md5|key)\\s+(?:\\d+\\s+)"
     "?" PAWL_ALGORITHM "\\s+" PAWL_STORED "{0,2}" PAWL_WORD,
     chosen},
    {"(?i)\\b(?:standby|vrrp|glbp|hsrp|nhrp)\\s+(?:\\d+\\s+)?authentication\\s+" PAWL_WORD, no_prose},
    {"(?i)\\b(?:tacacs|radius|ldap|aaa|isakmp|ikev\\d|ipsec|wlan|wpa|wep|ospf|bgp|rip|eigrp|isis|ntp|vpn)\\S*\\s"
     "[^\\n:=]{0,80}?\\b(?:key|secret|password|psk)\\s+" PAWL_STORED "{0,2}" PAWL_WORD,
     chosen},
    // a user's line: `username bob privilege 15 password 0 x`, `set … encrypted-password "x"`
    {"(?i)\\b(?:username|user|login|enable|neighbor|line|set)\\s[^\\n:=]{0,80}?\\b[\\w-]*(?:password|passwd|secret)"
     "\\s+" PAWL_STORED "{0,2}" PAWL_WORD,
     chosen},
    {"(?i)\\b(?:passw\\w*|psk|\\S*key|secret|wpa\\S*)\\s[^\\n:=]{0,60}?\\b(?:cipher\\w*|plain\\w*|simple|ascii\\S*|"
     "hex\\w*|encrypted|clear\\w*)"
     "\\s+(?:\\d\\s+)?" PAWL_WORD,
     chosen},
    {"(?i)\\b(?:wireless|wi-?fi|wlan|wep|wpa)\\S*key\\s*[:=]\\s*" PAWL_WORD, no_prose},
    {"(?i)\\badd\\s+(?:password|community)\\s+\\S+\\s+\\{?([^\\s{}]+)", any},
    {"(?i)\\badd\\s+password\\s+\\S+\\s+\\S+\\s+\\{?([^\\s{}]+)", any},
    // a whole line of such words, where the last one, or the one before some options, is the secret
    {"(?m)^(?:[^\\n=]{0,40}[:#>])?\\W{0,4}(?:" PAWL_CONFIGURES "\\s(?:[^\\n:=,]{0,100}?\\s)?" PAWL_NAME
     "|[\\w-]*(?:passw(?:or)?d|passphrase)|secret|psk|key-string)\\s+" PAWL_STORED
     "{0,2}[\"']?([^\\s\"';]{4,40})[\"']?" PAWL_OPTIONS "$",
     no_number},
    {"(?m)^\\s+(?:server-)?key\\s+(?:\\d\\s+)?([^\\s:=]{4,})$", no_number},
    {"\\bkey\\s+([^\\s:=]+)\\s+(?:address|hostname)\\s", no_prose},
    // ipsec.secrets, chap-secrets, a map of Postfix
    {":\\s*(?:PSK|EAP|XAUTH|NTLM|PIN)\\s+" PAWL_WORD, no_prose},
    {":\\s*(?:RSA|ECDSA|PKCS8|PKCS12|P12)\\s+\\S+\\s+\"([^\"\\n]+)\"", any},
    {"(?:^|\\s)[\"']?[\\w.@\\\\-]+[\"']?\\s+\\*\\s+" PAWL_WORD "[\"']?\\s+\\*", chosen},
    {"(?:^|\\s)\\[?[A-Za-z][\\w.-]*\\]?(?::\\d+)?\\s+[\\w.+-]+@[\\w.-]+:([^\\s:]+)", no_number},
    // who may come in: `stats auth bob:x`, ACLs of Redis, `register => 204:x@host`
    {"\\bauth\\s+[\\w.-]+:(\\S+)", chosen},
    {"(?i)\\b(?:SETUSER\\s+\\S+|user\\s+\\S+\\s+(?:on|off))\\s[^\\n]{0,200}?[>#]([^\\s\"']+)", no_prose},
    {"\\bregister\\s*=>?\\s*[\\w.-]+:([^\\s:@/]+)[:@]", no_prose},
    {"\\bauth-pass\\s+\\S+\\s+(\\S+)", no_prose},
    {"(?i)\\b\\w*ConnectInfo\\s+\\S+@\\S+\\s+\\S+\\s+(\\S+)", any},
    {"(?:^|[\\s(,;=\"'<|>])\\d{2,}:([^\\s:/@\"'`<>]+)@[\\w-]+\\.\\w", chosen},
};

}  // namespace

std::span<const Pattern> configuration_patterns() { return kConfigurationPatterns; }

}  // namespace pawl::redaction
