// One table of regular expressions (RE2: linear by construction), each with one group, the secret. One pass over the
// text tells which of them match at all; in most texts none does.
#include "workflows/redaction/places/secret_patterns.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

bool any(string_view) { return true; }
bool with_digit(string_view text) { return std::any_of(text.begin(), text.end(), is_digit); }
bool no_prose(string_view text) { return !is_prose(text); }
bool no_number(string_view text) {
  return !is_prose(text) && text.find_first_not_of("0123456789:") != string_view::npos;
}
bool token(string_view text) { return has_letters_and_digits(text, 8) || is_unspeakable(text); }
bool long_token(string_view text) { return has_letters_and_digits(text, 12); }

// "Bearer abc123…" and "Basic dXNlcjpw…", yet not "Basic authentication", `Bearer realm="…"` or `Bearer
// expires_in=3600`.
bool credential(string_view text) {
  const std::size_t sign = text.find('=');
  const std::size_t value = std::min(text.find_first_not_of('=', sign), text.size());
  if (sign != string_view::npos && value < text.size()) text.remove_prefix(value);
  const auto mixed =
      std::adjacent_find(text.begin(), text.end(), [](char a, char b) { return is_lower(a) && is_upper(b); });
  const bool padded =
      text.size() >= 8 && text.size() % 4 == 0 && text.ends_with('=') && text.find_first_of("_-") == string_view::npos;
  return has_letters_and_digits(text, 4) || is_unspeakable(text) || (mixed != text.end() && !text.ends_with('=')) ||
         padded;
}

// `admin:hunter2@db`, yet neither `Email:alice@example.com` nor `10:Flat@Main Street`.
bool account_password(string_view text) {
  const bool odd = std::any_of(text.begin(), text.end(),
                               [](char c) { return !is_alphanumeric(c) && c != '.' && c != '-' && c != '_'; });
  return has_letters_and_digits(text, 6) || odd;
}

struct Pattern {
  const char* expression;
  bool (*holds)(string_view secret);
};

#define PAWL_WORD_START "(?:^|[^A-Za-z0-9])"
#define PAWL_COMMAND_REST "\\b[^\\n|;]{0,200}?\\s"
#define PAWL_ARGUMENT "(\"[^\"\\n]+\"|'[^'\\n]+'|[^\\s\"'-][^\\s\"']*)"
#define PAWL_STRING "[bN@]?[\"'][^\"'\\n]{0,160}[\"']"
#define PAWL_SECRET_STRING "[bN@]?[\"']([^\"'\\n]+)[\"']"

constexpr Pattern kPatterns[] = {
    // key files: from BEGIN to the end of the END line, or of the text where that was cut off
    {"(?s)(-{4,5} ?BEGIN .*?(?:-{4,5} ?END\\b[^-\\n]*-{0,5}|\\z))", any},
    {"(?s)Private-Lines: \\d+\\s(.*?)(?:Private-MAC|\\z)", any},
    // tokens whose makers gave them a beginning
    {PAWL_WORD_START
     "((?:gh[opsur]_|github_pat_|gl[a-z]{1,6}-|xox[a-z][-.]|xapp-|[rsp]k_(?:live|test)_|(?:live|test)_|whsec_|npm_|"
     "pypi-|"
     "rubygems_|dckr_[a-z]+_|shp[a-z]{2}_|sq0[a-z]{3}-|GOCSPX-|sk-(?:ant|proj|or|svcacct)-|xkeysib-|xsmtpsib-|do[opr]_"
     "v1_|"
     "dapi|lin_(?:api|oauth)_|sntry[su]_|sbp_|PMAK-|NRAK-|NRJS-|AGE-SECRET-KEY-|pat-(?:na|eu)\\d-|secret_|ntn_|figd_|"
     "ATATT|ATBB|ATCTT|CFPAT-|tskey-|FLWSECK|rzp_(?:live|test)_|hf_|r8_|gsk_|pplx-|xai-|nvapi-|pul-|EZ[AT]K|duffel_|"
     "sgp_|phc_|phx_|rnd_|fo1_|ops_|glsa_|glc_|pscale_[a-z]+_|tfp_|xau_|pnu_|lip_|oy2|key_(?:live|test)_|re_|cio_|"
     "sl\\.|pcsk_|vca_|vcp_)[A-Za-z0-9_.~+/=-]{8,})",
     with_digit},
    {PAWL_WORD_START "((?:AKIA|ASIA)[A-Z0-9]{12,})", any},
    {PAWL_WORD_START "((?:hv[sbr]\\.|dp\\.[a-z]{2}\\.|ya29\\.|1//"
                     "0|AIza|gAAAAA|v[1-4]\\.(?:local|public)\\.|EAA[A-Z])[A-Za-z0-9_./=-]{8,})",
     with_digit},
    {PAWL_WORD_START "(SG\\.[\\w-]{6,}\\.[\\w-]{8,})", any},
    {PAWL_WORD_START "(eyJ[\\w.-]{13,})", any},
    {PAWL_WORD_START "(sk-[A-Za-z0-9]{20,})", any},
    {PAWL_WORD_START "(key-[0-9a-z]{24,})", with_digit},
    {PAWL_WORD_START "(SK[0-9a-f]{32})", any},
    {PAWL_WORD_START "([\\w.~-]{0,6}[5-9]Q~[\\w.~-]{8,})", any},
    {PAWL_WORD_START "(\\d{8,10}:AA[\\w-]{16,})", any},
    {PAWL_WORD_START "([MNO][A-Za-z\\d]{20,}\\.[\\w-]{6}\\.[\\w-]{20,})", any},
    {"(\\$(?:2[abxy]|apr1|[156y]|argon2\\w*|scrypt|pbkdf2[\\w-]*)\\$[./A-Za-z0-9$=,+-]{12,})", any},
    {"(\\{S?SHA(?:256|512)?\\}[A-Za-z0-9+/=]{12,})", any},
    // the secret beside an AWS key's id, a few words between them at most
    {"(?:AKIA|ASIA)[A-Z0-9]{12,}\\W{1,6}(?:\\w{1,24}\\W{1,6}){0,4}?([A-Za-z0-9/+]{30,}=*)", any},
    // addresses of hooks
    {"hooks\\.slack(?:-gov)?\\.com/[a-z]+/([^\\s\"'<>]+)", any},
    {"discord(?:app)?\\.com/api/(?:v\\d+/)?webhooks/\\d+/([^\\s\"'<>/?]+)", any},
    {"(?:webhook\\.office|outlook\\.office(?:365)?)\\.com/([^\\s\"'<>]+)", any},
    {"(?:hooks\\.zapier\\.com/hooks|hook\\.(?:\\w+\\.)?make\\.com|hook\\.integromat\\.com|maker\\.ifttt\\.com/trigger|"
     "api\\.telegram\\.org|open\\.(?:feishu\\.cn|larksuite\\.com)/open-apis/bot/v2/hook|events\\.pagerduty\\.com/"
     "integration|webhook\\.site|pipedream\\.net|/_?hooks?|/webhooks?)/([^\\s\"'<>?]*)",
     long_token},
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
    // Postgres of a row: any column may be the secret one
    {"\\bKey \\([^()]*\\b\\w*(?:password|passwd|token|secret|api_?key)(?:_hash|_digest)?[,)][^()]*\\)?=\\(([^()]*)\\)",
     any},
    // in sentences
    {"(?i)\\b(?:otp|totp|2fa|mfa|sms|one[ -]?time|security|verification|confirmation|recovery)[ "
     "-]?(?:pass)?codes?:?\\s+"
     "(?:is\\s+|was\\s+)?[\"']?(\\d{4,8})\\b",
     any},
    {"(?i)\\bpassword\\s+for\\s+\\S+@\\S+\\s+(\\S+)", token},
    {"(?i)\\bpassword\\s[^\\n:=]{1,60}\\swith\\s+[\"']?([^\\s\"',;]+)", token},
    {"(?i)\\btried\\s+(?:the\\s+)?passwords?\\b[^\\n]{1,80}?\\sthen\\s+[\"']?([^\\s\"',;]+)", token},
    {"(?i)\\bcred(?:ential)?s\\s+[\\w.@+-]+:([^\\s:/\"'`<>]+)", token},
    {"(?i)\\bcred(?:ential)?s\\s*\\(\\s*[\\w.@+-]+\\s*[,:/]\\s*([^\\s)]+)\\)", token},
    {"\\bopenssl" PAWL_COMMAND_REST "-k\\s+" PAWL_ARGUMENT, any},
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
    // the arguments of calls that log in, in code and in stack traces
    {"\\b(?:PDO\\w*|__construct|mysqli?\\w*|\\w*[cC]onnect\\w*|getConnection|Connection|ftp_login|ssh2_auth_password|"
     "ldap_bind|imap_open|"
     "DataSource)\\s*\\(\\s*[^,()\\n]{1,160},\\s*" PAWL_STRING ",\\s*" PAWL_SECRET_STRING,
     no_prose},
    {"(?i)\\b\\w*(?:log_?in|sign_?in|authenticate|basic_?auth|set_?auth\\w*|usernamepassword\\w*|httpbasicauth|"
     "networkcredential|"
     "pscredential|passwordauthentication|basiccredentials|setcredentials|authwithpassword|usernamepasswordcredentials)"
     "\\s*\\(\\s*" PAWL_STRING ",\\s*(?:\\w+\\()?" PAWL_SECRET_STRING,
     no_prose},
    {"(?i)\\b(?:http_?)?(?:basic_?|proxy_?)?(?:auth|credentials?|login)[\"']?\\s*(?:=>?|:|,)\\s*[(\\[{]\\s*" PAWL_STRING
     "\\s*,\\s*" PAWL_SECRET_STRING,
     no_prose},
    {"(?i)\\{(?:basic_?)?(?:auth|credentials?|login),\\s*\\{?\\s*" PAWL_STRING "\\s*,\\s*" PAWL_SECRET_STRING,
     no_prose},
    {"USERPWD\\s*(?:,|=>?|:)\\s*[\"'][^\"':\\n]{0,64}:([^\"'\\n]+)", any},
    // the field Security of an HL7 header
    {"\\bMSH\\|[^|\\n]{3,6}\\|(?:[^|\\n]{0,80}\\|){5}([^|\\n]+)\\|", any},
    // words of a wallet, keys of BitLocker and of products, a key file in base64
    {"(?i)\\bseed\\w*[\"']?\\s*[:=]\\s*[\"']?((?:[a-z]{3,8}\\s+){5,}[a-z]{3,8})\\b", any},
    {"\\b((?:\\d{6}-){7}\\d{6})\\b", any},
    {"\\b((?:[A-Z0-9]{5}-){4}[A-Z0-9]{5})\\b", with_digit},
    // commands
    {"(?:^|[\\s\"'])(?:-u|-U|--user|--proxy-user)(?:\\s*|=)(?:\"[^\\s\":]{1,64}:([^\"\\n]+)\")", no_number},
    {"(?:^|[\\s\"'])(?:-u|-U|--user|--proxy-user)(?:\\s*|=)(?:'[^\\s':]{1,64}:([^'\\n]+)')", no_number},
    {"(?:^|[\\s\"'])(?:-u|-U|--user|--proxy-user|-a|--auth)(?:\\s*|=)[^\\s:\"'=]{1,64}:([^\\s\"']+)", no_number},
    {"\\s-U\\s*[^\\s%]{1,64}%(\\S+)", any},
    {"\\b(?:mysql\\w*|mariadb[\\w-]*|7za?|rar|unrar)" PAWL_COMMAND_REST "-p" PAWL_ARGUMENT, any},
    {"\\b(?:sshpass|mongo\\w*|psexec|rdesktop|certutil|cqlsh|snowsql|influx|telnet|smbget|vncviewer)" PAWL_COMMAND_REST
     "-p\\s*" PAWL_ARGUMENT,
     any},
    {"\\b(?:docker|podman|helm|az|oc|cf|nerdctl)\\s+(?:\\w+\\s+)?login" PAWL_COMMAND_REST "-p\\s*" PAWL_ARGUMENT, any},
    {"\\b(?:sqlcmd|bcp|osql|isql|zip|unzip|ipmitool)" PAWL_COMMAND_REST "-P\\s*" PAWL_ARGUMENT, any},
    {"\\b(?:plink|pscp|psftp|putty)" PAWL_COMMAND_REST "-pw\\s+" PAWL_ARGUMENT, any},
    {"\\b\\w*(?:freerdp|mstsc|rdp)\\w*" PAWL_COMMAND_REST "/(?:p|gp):" PAWL_ARGUMENT, any},
    {"\\b(?:schtasks|sc|runas|wmic|cmdkey|psexec|winrs|at)\\b[^\\n|;]{0,200}?\\s/"
     "(?:rp|p|pass|pw|pwd)(?::|\\s+)" PAWL_ARGUMENT,
     any},
    {"\\bsigntool" PAWL_COMMAND_REST "/p\\s+" PAWL_ARGUMENT, any},
    {"\\blftp\\b[^\\n|;]{0,200}?(?:-u|--user)\\s*[^\\s,]{1,64},(\\S+)", any},
    {"\\bnet1?\\s+user\\s+[^\\s/]+\\s+([^\\s/*]\\S*)", no_prose},
    {"(?i)ConvertTo-SecureString\\s+(?:-String\\s+)?" PAWL_ARGUMENT, no_prose},
    {"--from-literal[= ][\"']?[\\w.-]+=([^\\s\"']+)", any},
    {"\\b(?:passwd|chpasswd|kinit|cryptsetup|smbpasswd|sudo|docker|gpg|vault|mysql\\w*|psql)\\b[^\\n<]{0,100}<<<"
     "\\s*" PAWL_ARGUMENT,
     any},
    {"\\b(?:passwd|chpasswd|kinit|cryptsetup|smbpasswd|sudo|docker|gpg)\\b[^\\n<]{0,100}<<[-~]?\\s?[\"']?[A-Z_]+[\"']?["
     "^\\n]{0,40}\\n\\s*([^\\n]+)",
     any},
    {"\\bmysql\\w*\\b[^\\n<]{0,100}\\s-p\\s[^\\n<]{0,40}<<[-~]?\\s?[\"']?[A-Z_]+[\"']?[^\\n]{0,40}\\n\\s*([^\\s;]+)\\s*"
     "(?:\\n|$)",
     any},
    {"\\bldap\\w+" PAWL_COMMAND_REST "-w\\s*" PAWL_ARGUMENT, any},
    {"\\bredis-cli" PAWL_COMMAND_REST "-a\\s*" PAWL_ARGUMENT, any},
    {"\\s-(?:store|key|src|dest)pass\\s+" PAWL_ARGUMENT, any},
    {"\\bnet\\s+use" PAWL_COMMAND_REST "/u(?:ser)?:\\S+\\s+(\\S+)", any},
    {"\\bnet\\s+use\\s+\\S+\\s+([^\\s/]\\S*)\\s+/u(?:ser)?:", any},
    {"\\bhtpasswd\\s+-\\w*b\\w*\\s+\\S+\\s+\\S+\\s+(\\S+)", any},
    {"\\becho\\s+[\"']?([^\\s\"'|]+)[\"']?\\s*\\|\\s*(?:sudo -S|passwd|chpasswd|docker|kinit)", any},
    // links that log in whoever has them, and short names in a query
    {"(?i)/[\\w-]*(?:reset|magic|verify|confirm|activat|invit|unsubscribe|recover|login|signin|token|otp)[\\w-]*/"
     "([A-Za-z0-9_~.=-]{8,})",
     long_token},
    {"(?i)[?&](?:p|t|k|s|h|st|hash|access|ticket|tk|tkn|nonce|link|invite)=([^&\\s\"'<>#;]+)", token},
    {"(?i)[?&](?:code|pw|pass|psw)=([^&\\s\"'<>#;]+)", no_number},
};

#undef PAWL_WORD_START
#undef PAWL_COMMAND_REST
#undef PAWL_ARGUMENT
#undef PAWL_STRING
#undef PAWL_SECRET_STRING

class Patterns {
 public:
  Patterns() : set_(RE2::Options(), RE2::UNANCHORED) {
    for (const Pattern& pattern : kPatterns) {
      expressions_.push_back(std::make_unique<RE2>(pattern.expression));
      set_.Add(pattern.expression, nullptr);
    }
    set_.Compile();
  }

  std::vector<Range> find(string_view folded) const {
    std::vector<Range> found;
    for (const int index : matching({folded.data(), folded.size()}))
      find(folded, static_cast<std::size_t>(index), found);
    return found;
  }

 private:
  // The set gives up on a text that needs more memory than it may have: then each expression is tried.
  std::vector<int> matching(re2::StringPiece text) const {
    std::vector<int> indices;
    RE2::Set::ErrorInfo error{RE2::Set::kNoError};
    if (set_.Match(text, &indices, &error) || error.kind == RE2::Set::kNoError) return indices;
    indices.resize(expressions_.size());
    std::iota(indices.begin(), indices.end(), 0);
    return indices;
  }

  void find(string_view folded, std::size_t index, std::vector<Range>& found) const {
    const re2::StringPiece text(folded.data(), folded.size());
    re2::StringPiece match[2];
    for (std::size_t from = 0; expressions_[index]->Match(text, from, folded.size(), RE2::UNANCHORED, match, 2);) {
      const std::size_t begin = static_cast<std::size_t>(match[1].data() - folded.data());
      const Range secret{begin, begin + match[1].size()};
      if (kPatterns[index].holds({match[1].data(), match[1].size()})) found.push_back(secret);
      from = std::max({secret.end, from + 1, static_cast<std::size_t>(match[0].data() - folded.data()) + 1});
    }
  }

  RE2::Set set_;
  std::vector<std::unique_ptr<RE2>> expressions_;
};

}  // namespace

std::vector<Range> secrets_by_pattern(string_view folded) {
  static const Patterns patterns;
  return patterns.find(folded);
}

}  // namespace pawl::redaction
