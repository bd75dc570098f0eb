"""Takes the pictures of docs/mail.md, and refuses a mail that does not fit the window."""
import json
import pathlib
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
RECOVERED = {**{field: PLAIN[field] for field in ("org_id", "connection_id", "provider", "label")},
             "failed_at": "2026-11-24T03:00:00Z", "recovered_at": "2026-11-25T08:20:00Z"}
SETTINGS = ["--time-zone", "Australia/Sydney", "--brand-name", "DepositLink", "--connection-url",
            "https://app.example.com/connections/{connection_id}"]


def mail_of(pawl, payload, settings):
    return subprocess.run([pawl, "mail", "preview", "--part", "html", "--data", json.dumps(payload), *settings], check=True,
                          capture_output=True, text=True).stdout


def take(browser, html, width, theme, path):
    browser.show(html, width, theme)
    overflow = browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if overflow > 0:
        raise SystemExit(f"{path.name}: the mail is {overflow} pixels wider than the window")
    path.write_bytes(browser.picture())
    subprocess.run(["pngquant", "--force", "--strip", "--ext", ".png", "32", str(path)], check=True)
    print(f"{path} {path.stat().st_size // 1024} KiB")


def main(pawl, folder):
    mails = {"mail": mail_of(pawl, PLAIN, SETTINGS), "mail-hard": mail_of(pawl, HARD, []),
             "mail-recovery": mail_of(pawl, RECOVERED, [*SETTINGS, "--workflows", "confirm-sync-recovery"])}
    with Chromium() as browser:
        for name, html in mails.items():
            for width in (375, 800):
                for theme in ("light", "dark"):
                    take(browser, html, width, theme, pathlib.Path(folder) / f"{name}-{width}-{theme}.png")


main(*sys.argv[1:])
