"""Fetches Postfix, Exim and what they need with apt, and npm's smtp-server with npm, into a folder, once.

Installing Debian's packages would replace the machine's mail system, and no machine can have both.
"""
import glob
import os
import shutil
import subprocess
import sys

PACKAGES = ["postfix", "exim4-daemon-light", "exim4-base", "libidn12", "sasl2-bin", "libsasl2-modules",
            "libsasl2-modules-db", "libsasl2-modules-gssapi-mit"]


NPM = os.path.join(os.path.dirname(__file__), "npm")


def fetch(folder):
    fetch_debian(folder)
    fetch_npm(os.path.join(folder, "npm"))


def fetch_npm(folder):
    """What the lock file names, by its digests. Scripts of packages are not run."""
    if os.path.exists(os.path.join(folder, "node_modules")):
        return
    os.makedirs(folder, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(NPM, name), folder)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)


def fetch_debian(folder):
    unpacked = os.path.join(folder, "packages")
    if os.path.exists(unpacked):
        return
    fetching = unpacked + ".part"
    shutil.rmtree(fetching, ignore_errors=True)
    os.makedirs(fetching)
    subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=fetching, check=True, stderr=subprocess.DEVNULL)
    for package in glob.glob(os.path.join(fetching, "*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, fetching], check=True)
        os.remove(package)
    os.rename(fetching, unpacked)


if __name__ == "__main__":
    fetch(sys.argv[1])
