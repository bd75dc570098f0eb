// Lines of devices and servers that put a secret behind a word, a number or an algorithm.
#include "workflows/redaction/places/pattern.h"

namespace pawl::redaction {

namespace {

#define PAWL_ALGORITHM "(?:md5|sha\\S*|hmac\\S*|aes\\S*|des|3des|text|key-string)"
#define PAWL_STORED "(?:(?:\\d{1,3}|encrypted|ENC|cipher|ciphertext|plaintext|ascii-text|hexadecimal|local|remote)\\s+)"
#define PAWL_WORD "[\"']?([^\\s\"';]+)"

constexpr Pattern kPatterns[] = {
    // SNMP
    {"(?i)\\bsnmp\\S*\\s(?:[\\w.-]+\\s+){0,4}?community[\\w-]*\\s+(?:(?:read|write|ro|rw|name|cipher|simple|\\d)\\s+){"
     "0,3}" PAWL_WORD,
     no_prose},
    {"(?i)\\bsnmp\\s+community\\s+edit\\s+\\d+\\s+set\\s+name\\s+" PAWL_WORD, any},
    {"(?i)(?:^|\\s)(?:r[ow]community6?|trapcommunity|community)\\s+" PAWL_WORD, no_number},
    {"(?i)\\bcom2sec6?\\s+(?:-Cn\\s+\\S+\\s+)?\\S+\\s+\\S+\\s+" PAWL_WORD, any},
    {"(?i)\\bcreateUser\\s+(?:-e\\s+\\S+\\s+)?\\S+\\s+(?:MD5|SHA\\S*)\\s+" PAWL_WORD, any},
    {"(?i)\\bcreateUser\\s+[^\\n]{1,160}?\\s(?:AES\\S*|DES)\\s+" PAWL_WORD, any},
    // keys of routing, time and tunnels: `md5 x`, `auth sha x priv aes 128 x`, `authentication text x`
    {"(?i)\\b(?:message-digest-key|authentication-key|auth|authentication|priv|privacy|md5|key)\\s+(?:\\d+\\s+)"
     "?" PAWL_ALGORITHM "\\s+" PAWL_STORED "{0,2}" PAWL_WORD,
     chosen},
    {"(?i)\\b(?:standby|vrrp|glbp|hsrp)\\s+(?:\\d+\\s+)?authentication\\s+" PAWL_WORD, no_prose},
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
    {"(?i)\\badd\\s+(?:password|community)\\s+\\S+\\s+\\{?([^\\s{}]+)", any},
    {"(?i)\\badd\\s+password\\s+\\S+\\s+\\S+\\s+\\{?([^\\s{}]+)", any},
    // ipsec.secrets, chap-secrets, a map of Postfix
    {":\\s*(?:PSK|EAP|XAUTH|NTLM|PIN)\\s+" PAWL_WORD, no_prose},
    {":\\s*(?:RSA|ECDSA|PKCS8|PKCS12|P12)\\s+\\S+\\s+\"([^\"\\n]+)\"", any},
    {"(?:^|\\s)[\"']?[\\w.@\\\\-]+[\"']?\\s+\\*\\s+" PAWL_WORD "[\"']?\\s+\\*", chosen},
    {"(?:^|\\s)\\[?[A-Za-z][\\w.-]*\\]?(?::\\d+)?\\s+[\\w.+-]+@[\\w.-]+:([^\\s:]+)", chosen},
    // who may come in: `stats auth bob:x`, ACLs of Redis, `register => 204:x@host`
    {"\\bauth\\s+[\\w.-]+:(\\S+)", chosen},
    {"(?i)\\bSETUSER\\b[^\\n]{0,200}?\\s[>#]([^\\s\"']+)", any},
    {"(?:^|[\\s(,;=\"'<|>])\\d{2,}:([^\\s:/@\"'`<>]+)@[\\w-]+\\.\\w", chosen},
};

}  // namespace

std::span<const Pattern> configuration_patterns() { return kPatterns; }

}  // namespace pawl::redaction
