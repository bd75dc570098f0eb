#!/usr/bin/python3
"""What is installed beside the binary, and the Debian package: complete, consistent, hardened, and readable by the tools
that will read it.

service_files_test.py BUILD_FOLDER; needs neither root nor a network.
"""
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
EXPOSURE_MAX = 1.1  # of 10, as `systemd-analyze security` judges the unit
FILES = """
etc/logrotate.d/pawl etc/pawl/pawl.ini usr/bin/pawl usr/lib/systemd/system/pawl.service usr/lib/sysusers.d/pawl.conf
usr/lib/tmpfiles.d/pawl.conf usr/share/bash-completion/completions/pawl usr/share/doc/pawl/README.md
usr/share/doc/pawl/CHANGELOG.md usr/share/doc/pawl/copyright usr/share/doc/pawl/docs/operating.md
usr/share/doc/pawl/sbom.spdx.json usr/share/fish/vendor_completions.d/pawl.fish usr/share/man/man1/pawl.1.gz
usr/share/man/man1/pawl-worker.1.gz usr/share/man/man5/pawl.ini.5.gz usr/share/zsh/vendor-completions/_pawl
""".split()


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **options).stdout


def settings(path):
    """The assignments of a unit file, the last of each name."""
    return dict(re.findall(r"^(\w+)=(.*)$", path.read_text(), re.MULTILINE))


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.folder.name)
        run("cmake", "--install", BUILD, "--prefix", "/usr", "--component", "pawl", env={**os.environ, "DESTDIR": cls.root})
        cls.unit = cls.root / "usr/lib/systemd/system/pawl.service"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_every_file_is_there(self):
        for name in FILES:
            self.assertTrue((self.root / name).is_file(), name)

    def test_another_prefix_keeps_its_settings_below_it(self):
        with tempfile.TemporaryDirectory() as prefix:
            run("cmake", "--install", BUILD, "--prefix", prefix, "--component", "pawl")
            self.assertTrue((pathlib.Path(prefix) / "etc/pawl/pawl.ini").is_file())
            unit = settings(pathlib.Path(prefix) / "lib/systemd/system/pawl.service")
            self.assertEqual(unit["ExecStart"], f"{prefix}/bin/pawl --config {prefix}/etc/pawl/pawl.ini worker")

    def test_the_unit_is_hardened(self):
        last = run("systemd-analyze", "security", "--offline=yes", self.unit).strip().splitlines()[-1]
        self.assertLessEqual(float(re.search(r"([0-9.]+) OK", last).group(1)), EXPOSURE_MAX)

    def test_the_unit_says_what_the_worker_does(self):
        unit = settings(self.unit)
        self.assertEqual(unit["ExecStart"], "/usr/bin/pawl --config /etc/pawl/pawl.ini worker")
        self.assertEqual((unit["Type"], unit["User"]), ("notify", "pawl"))
        self.assertEqual(unit["RestartPreventExitStatus"], "2 4")
        self.assertEqual((unit["StartLimitIntervalSec"], unit["RestartSec"]), ("0", "1s"))
        drain = re.search(r'^#drain-timeout = "1m"', (self.root / "etc/pawl/pawl.ini").read_text(), re.MULTILINE)
        self.assertTrue(drain and int(unit["TimeoutStopSec"]) > 60)

    def test_the_unit_user_and_folders_agree(self):
        users = (self.root / "usr/lib/sysusers.d/pawl.conf").read_text()
        folders = (self.root / "usr/lib/tmpfiles.d/pawl.conf").read_text()
        unit = settings(self.unit)
        self.assertRegex(users, rf"(?m)^u {unit['User']} - ")
        state, log = f"/var/lib/{unit['StateDirectory']}", f"/var/log/{unit['LogsDirectory']}"
        self.assertIn(f"d {state} {unit['StateDirectoryMode']} pawl pawl", folders)
        self.assertIn(f"d {log} {unit['LogsDirectoryMode']} pawl pawl", folders)
        self.assertIn(f"d {unit['LoadCredential'].split(':')[1]} 0700 root root", folders)
        config = (self.root / "etc/pawl/pawl.ini").read_text()
        self.assertIn(f'\ncheckpoints = "{state}/checkpoints.db"\n', config)
        self.assertIn(f'\nlisten = "unix:/run/{unit["RuntimeDirectory"]}/status.sock"\n', config)

    def test_systemd_reads_users_and_folders(self):
        (self.root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (self.root / "etc/group").write_text("root:x:0:\n")
        for path in (self.root / "usr/lib/sysusers.d/pawl.conf", self.root / "usr/lib/tmpfiles.d/pawl.conf"):
            tool = "systemd-sysusers" if "sysusers" in str(path) else "systemd-tmpfiles"
            more = ["--dry-run"] if "sysusers" in str(path) else ["--cat-config"]
            said = subprocess.run([tool, f"--root={self.root}", *more, path.name if more == ["--cat-config"] else path],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(said.returncode, 0, said.stderr)

    def test_the_config_file_is_one_that_pawl_takes(self):
        run(self.root / "usr/bin/pawl", "--config", self.root / "etc/pawl/pawl.ini", "help", env={})

    def test_man_pages_are_clean(self):
        for page in self.root.glob("usr/share/man/man*/*.gz"):
            with self.subTest(page=page.name):
                said = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-Kutf8", "-z"], input=gzip.decompress(page.read_bytes()),
                                      capture_output=True, check=True).stderr
                self.assertEqual(said, b"")

    def test_shells_read_their_completions(self):
        for shell, name in (("bash", "bash-completion/completions/pawl"), ("zsh", "zsh/vendor-completions/_pawl"),
                            ("fish", "fish/vendor_completions.d/pawl.fish")):
            if shutil.which(shell):
                run(shell, "-n", self.root / "usr/share" / name)

    @unittest.skipUnless(shutil.which("fish"), "no fish")
    def test_fish_completes(self):
        script = self.root / "usr/share/fish/vendor_completions.d/pawl.fish"
        def completed(line):
            said = run("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'", env={**os.environ, "HOME": str(self.root)})
            return [one.split("\t")[0] for one in said.splitlines()]
        self.assertEqual(completed("pawl re"), ["replay", "requeue", "rerun", "resume", "retry-now"])
        self.assertEqual(completed("pawl runs --status f"), ["failed"])
        self.assertEqual(completed("pawl mail preview --part s"), ["subject"])

    def test_the_list_of_components_is_spdx_and_names_what_is_linked(self):
        sbom = json.loads((self.root / "usr/share/doc/pawl/sbom.spdx.json").read_text())
        self.assertEqual((sbom["spdxVersion"], sbom["dataLicense"]), ("SPDX-2.3", "CC0-1.0"))
        packages = {one["SPDXID"]: one for one in sbom["packages"]}
        self.assertEqual(len(packages), len(sbom["packages"]))
        names = {one["name"]: one["versionInfo"] for one in sbom["packages"]}
        linked = {r["relatedSpdxElement"] for r in sbom["relationships"] if r["relationshipType"] == "DYNAMIC_LINK"}
        built = {r["spdxElementId"] for r in sbom["relationships"] if r["relationshipType"] == "BUILD_DEPENDENCY_OF"}
        self.assertIn("libpq5", {packages[one]["name"] for one in linked})
        self.assertIn("libcli11-dev", {packages[one]["name"] for one in built})
        for name, version in names.items():
            if name != "pawl":
                self.assertIn(version, run("dpkg-query", "-W", "-f=${Version}\n", name).split())
        for relationship in sbom["relationships"]:
            for end in ("spdxElementId", "relatedSpdxElement"):
                self.assertIn(relationship[end], {"SPDXRef-DOCUMENT", *packages})


class DebianPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", cls.folder.name)
        [cls.package] = pathlib.Path(cls.folder.name).glob("pawl_*.deb")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_it_has_the_same_files_and_they_are_roots(self):
        listed = run("dpkg-deb", "-c", self.package)
        for name in FILES:
            self.assertRegex(listed, rf"(?m) root/root .* \./{re.escape(name)}$")

    def test_it_needs_the_libraries_and_says_what_it_configures(self):
        self.assertIn("libpq5", run("dpkg-deb", "-f", self.package, "Depends"))
        self.assertEqual(run("dpkg-deb", "-f", self.package, "Package").strip(), "pawl")
        with tempfile.TemporaryDirectory() as folder:
            run("dpkg-deb", "-e", self.package, folder)
            control = pathlib.Path(folder)
            self.assertEqual((control / "conffiles").read_text().split(), ["/etc/logrotate.d/pawl", "/etc/pawl/pawl.ini"])
            for script in ("postinst", "prerm", "postrm"):
                run("sh", "-n", control / script)
                self.assertTrue(os.access(control / script, os.X_OK))


unittest.main(verbosity=2)
