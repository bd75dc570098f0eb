// Key files, tokens whose makers gave them a beginning, hashes of passwords, addresses of hooks.
#include "workflows/redaction/places/pattern.h"

namespace pawl::redaction {

namespace {

#define PAWL_WORD_START "(?:^|[^A-Za-z0-9])"

constexpr Pattern kTokenPatterns[] = {
    // key files: from BEGIN to the end of the END line, or of the text where that was cut off
    {"(?s)(-{4,5} ?BEGIN .*?(?:-{4,5} ?END\\b[^-\\n]*-{0,5}|\\z))", any},
    {"(?s)Private-Lines: \\d+\\s(.*?)(?:Private-MAC|\\z)", any},
    // tokens whose makers gave them a beginning
    {PAWL_WORD_START
     "((?:gh[opsur]_|github_pat_|gl[a-z]{1,6}-|xox[a-z][-.]|xapp-|[rsp]k_(?:live|test)_|(?:live|test)_|whsec_|npm_|"
     "pypi-|rubygems_|dckr_[a-z]+_|shp[a-z]{2}_|sq0[a-z]{3}-|GOCSPX-|sk-(?:ant|proj|or|svcacct)-|xkeysib-|xsmtpsib-|"
     "do[opr]_v1_|dapi|lin_(?:api|oauth)_|sntry[su]_|sbp_|PMAK-|NRAK-|NRJS-|AGE-SECRET-KEY-|pat-(?:na|eu)\\d-|secret_|"
     "ntn_|figd_|ATATT|ATBB|ATCTT|CFPAT-|tskey-|FLWSECK|rzp_(?:live|test)_|hf_|r8_|gsk_|pplx-|xai-|nvapi-|pul-|"
     "EZ[AT]K|duffel_|sgp_|phc_|phx_|rnd_|fo1_|ops_|glsa_|glc_|pscale_[a-z]+_|tfp_|xau_|pnu_|lip_|oy2|key_(?:live|"
     "test)_|re_|cio_|sl\\.|pcsk_|vca_|vcp_)[A-Za-z0-9_.~+/=-]{8,})",
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
    {"(\\$(?:2[abxy]|apr1|[15678y]|gy|sha1|bcrypt\\S*|argon2\\w*|scrypt|pbkdf2[\\w-]*)\\$[./A-Za-z0-9$=,+-]{12,})",
     any},
    {"(\\{S?SHA(?:256|512)?\\}[A-Za-z0-9+/=]{12,})", any},
    {"\\{(?:PLAIN|CLEARTEXT|CLEAR|CRYPT|MD5\\S*|SMD5|SHA\\S*|CRAM-MD5|SCRAM\\S*|BLF-CRYPT|ARGON2\\S*|PBKDF2|NT|LM)\\}(["
     "^\\s:]+)",
     any},
    {"\\b([0-9A-Fa-f]{32}:[0-9A-Fa-f]{32})\\b", any},
    {"\\b(md5[0-9a-f]{32})\\b", any},
    {"(SCRAM-SHA-\\d+\\$\\d+:[A-Za-z0-9+/=$:]+)", any},
    // the secret beside an AWS key's id, a few words between them at most
    {"(?:AKIA|ASIA)[A-Z0-9]{12,}\\W{1,6}(?:\\w{1,24}\\W{1,6}){0,4}?([A-Za-z0-9/+]{30,}=*)", any},
    // what was signed with a secret: `signature mismatch: expected 9f86… got 2c26…`
    {"(?i)\\b(?:signature|hmac)\\b[^\\n]{0,60}?\\b(?:expected|computed|calculated|got|received)[:=]?\\s+[\"']?([0-9A-"
     "Za-z+/=]{24,})",
     any},
    {"(?i)\\b(?:signature|hmac)\\b[^\\n]{0,160}?\\b(?:got|received|actual|was)[:=]?\\s+[\"']?([0-9A-Za-z+/=]{24,})",
     any},
    // addresses of hooks
    {"hooks\\.slack(?:-gov)?\\.com/[a-z]+/([^\\s\"'<>]+)", any},
    {"discord(?:app)?\\.com/api/(?:v\\d+/)?webhooks/\\d+/([^\\s\"'<>/?]+)", any},
    {"(?:webhook\\.office|outlook\\.office(?:365)?)\\.com/([^\\s\"'<>]+)", any},
    {"(?:hooks\\.zapier\\.com/hooks|hook\\.(?:\\w+\\.)?make\\.com|hook\\.integromat\\.com|maker\\.ifttt\\.com/trigger|"
     "api\\.telegram\\.org|open\\.(?:feishu\\.cn|larksuite\\.com)/open-apis/bot/v2/hook|events\\.pagerduty\\.com/"
     "integration|webhook\\.site|pipedream\\.net|/_?hooks?|/webhooks?)/([^\\s\"'<>?]*)",
     long_token},
    // words of a wallet, keys of BitLocker and of products, a key file in base64
    {"(?i)\\bseed\\w*[\"']?\\s*[:=]\\s*[\"']?((?:[a-z]{3,8}\\s+){5,}[a-z]{3,8})\\b", any},
    {"\\b((?:\\d{6}-){7}\\d{6})\\b", any},
    {"\\b((?:[A-Z0-9]{5}-){4}[A-Z0-9]{5})\\b", with_digit},
};

}  // namespace

std::span<const Pattern> token_patterns() { return kTokenPatterns; }

}  // namespace pawl::redaction
