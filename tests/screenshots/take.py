"""Takes the pictures of docs/mail.md, and refuses a mail that leaves its card or its theme."""
import json
import pathlib
import re
import subprocess
import sys

from chromium import Chromium

ORGANISATION = "0a0c0000-0000-4000-8000-000000000002"
PLAIN = {"org_id": ORGANISATION, "connection_id": "0c0c0000-0000-4000-8000-000000000003",
         "sync_log_id": "0d0c0000-0000-4000-8000-000000000004", "provider": "reapit", "label": "Head office",
         "error_message": "401 Unauthorized: the refresh token has been revoked", "occurred_at": "2026-11-24T03:00:00Z"}
HARD = {**PLAIN, "provider": "אלפא (ביתא)", "label": "W" * 60,
        "error_message": "Traceback (most recent call last):\n  File \"/srv/sync/client.py\", line 210, in fetch\n"
                         "    raise SyncError(response)\nSyncError: " + "unbroken" * 40 + "\n" + "e\u0301\u0302\u0303" * 30}
# In no picture: a word without an end in the heading, and marks that would be drawn over what is below.
EXTREME = {**PLAIN, "provider": "W" * 60, "label": "e" + "\u0301" * 100, "error_message": "Z" + "\u0335" * 100 + "W" * 400}
RECOVERED = {**{field: PLAIN[field] for field in ("org_id", "connection_id", "provider", "label")},
             "failed_at": "2026-11-24T03:00:00Z", "recovered_at": "2026-11-25T08:20:00Z"}
SETTINGS = ["--time-zone", "Australia/Sydney", "--brand-name", "DepositLink", "--connection-url",
            "https://app.example.com/connections/{connection_id}"]


def mail_of(pawl, payload, settings):
    return subprocess.run([pawl, "mail", "preview", "--part", "html", "--data", json.dumps(payload), *settings], check=True,
                          capture_output=True, text=True).stdout


# Of the page, its card and each box in it, the first whose words are wider than itself.
TOO_WIDE = """[...document.querySelectorAll('html, .card, .card *')]
    .filter(box => box.clientWidth > 0 && box.scrollWidth > box.clientWidth)
    .map(box => `<${box.localName}> by ${box.scrollWidth - box.clientWidth} pixels`)[0]"""
MOST_MARKS = r"Math.max(0, ...(document.body.innerText.match(/\p{M}+/gu) ?? []).map(marks => [...marks].length))"
BACKGROUNDS = """['body', '.card'].map(one => getComputedStyle(document.querySelector(one)).backgroundColor)"""


def check(browser, name, theme):
    if too_wide := browser.evaluate(TOO_WIDE):
        raise SystemExit(f"{name}: words are wider than their box: {too_wide}")
    if (marks := browser.evaluate(MOST_MARKS)) > 4:
        raise SystemExit(f"{name}: {marks} marks on one letter")
    for colour in browser.evaluate(BACKGROUNDS):
        brightness = sum(map(int, re.findall(r"\d+", colour)[:3])) / 3
        if (brightness > 128) == (theme == "dark"):
            raise SystemExit(f"{name}: the background is {colour}")


def take(browser, path):
    path.write_bytes(browser.picture())
    subprocess.run(["pngquant", "--force", "--strip", "--ext", ".png", "32", str(path)], check=True)
    print(f"{path} {path.stat().st_size // 1024} KiB")


def main(pawl, folder):
    mails = {"mail": mail_of(pawl, PLAIN, SETTINGS), "mail-hard": mail_of(pawl, HARD, []),
             "mail-extreme": mail_of(pawl, EXTREME, SETTINGS),
             "mail-recovery": mail_of(pawl, RECOVERED, [*SETTINGS, "--workflows", "confirm-sync-recovery"])}
    with Chromium() as browser:
        for name, html in mails.items():
            for width in (375, 800):
                for theme in ("light", "dark"):
                    picture = f"{name}-{width}-{theme}"
                    browser.show(html, width, theme)
                    check(browser, picture, theme)
                    if name != "mail-extreme":
                        take(browser, pathlib.Path(folder) / f"{picture}.png")


main(*sys.argv[1:])
