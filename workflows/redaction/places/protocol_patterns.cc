// Where protocols put credentials: behind a scheme, in commands of mail, FTP and chat, in fields of messages.
#include "workflows/redaction/places/pattern.h"

namespace pawl::redaction {

namespace {

constexpr Pattern kProtocolPatterns[] = {
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
    {"\\bAUTH\\s+(?:[\\w.-]+\\s+)?(\\S+)", chosen},
    {"\\b(?:IDENTIFY|OPER)\\s+(?:\\S+\\s+)?(\\S+)", chosen},
    {"\\bsend(?:line)?\\s*\\(?\\s*(?:-- )?\"([^\"\\s]+)\\s*\"", chosen},
    {"\\bLOGIN\\s+\\S+\\s+\"([^\"\\n]+)\"", no_prose},
    {"\\bLOGIN\\s+\\S+\\s+(\\S+)", chosen},
    {"(?m)>\\s?user\\s+\\S+\\s+(\\S+)$", no_prose},
    {"\\bAPOP\\s+\\S+\\s+(\\S+)", chosen},
    {"(?i)\\bSec-WebSocket-Protocol:\\s*[^,\\n]+,\\s*([^\\s,]+)", chosen},
    // fields of FIX, EDI and HL7 headers, AT commands of a modem, UPS monitors
    {"[|\\x01;^]554=([^|\\x01;^\\s]+)", any},
    {"\\bISA\\*\\d\\d\\*[^*]{0,10}\\*01\\*([^*]{1,10})\\*", no_prose},
    {"\\bAT\\+\\w+=[^\\n]{0,80}?\"([^\"\\n]+)\"\\s*(?:$|\\n|\\s[A-Z])", no_prose},
    {"(?i)\\b\\w{2,8}Label=\\w*(?:passw|secret|token|pwd)\\w*\\s+\\w+=(\\S+)", any},
    {"(?i)\\b\\w{2,8}=(\\S+)\\s+\\w{2,8}Label=\\w*(?:passw|secret|token|pwd)", any},
    {"\\bMONITOR\\s+\\S+@\\S+\\s+\\d+\\s+\\S+\\s+(\\S+)", any},
    {"\\bMSH\\|[^|\\n]{3,6}\\|(?:[^|\\n]{0,80}\\|){5}([^|\\n]+)\\|", any},
};

}  // namespace

std::span<const Pattern> protocol_patterns() { return kProtocolPatterns; }

}  // namespace pawl::redaction
