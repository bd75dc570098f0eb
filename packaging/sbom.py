#!/usr/bin/env python3
"""Prints what a binary is made of as SPDX 2.3 JSON: the Debian packages whose libraries it loads and whose headers were
compiled in, with their versions.

sbom.py BINARY BUILD_FOLDER VERSION; the folder is one that Ninja built BINARY in. SOURCE_DATE_EPOCH sets the time.
"""
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse


def output(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def owners(paths):
    """The Debian packages that files belong to; of a moved folder like /lib both names are asked for."""
    names = {name for path in paths for name in (path, os.path.realpath(path), f"/usr{path}", path.removeprefix("/usr"))}
    if not names:
        return set()
    found = subprocess.run(["dpkg-query", "-S", *sorted(names)], capture_output=True, text=True, check=False).stdout
    return {line.split(": ")[0].split(", ")[0] for line in found.splitlines() if not line.startswith("diversion ")}


def needed(binary):
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", binary)))


def libraries(binary):
    """The path of each library that is loaded, by its name."""
    return dict(re.findall(r"^\s*(\S+) => (/\S+)", output("ldd", binary), re.MULTILINE))


def headers(binary, folder):
    """Those outside of the source tree that the binary's objects were compiled with, as Ninja remembers them."""
    inputs = output("ninja", "-C", folder, "-t", "inputs", os.path.relpath(binary, folder)).splitlines()
    objects = [one for one in inputs if one.endswith((".o", ".gch"))]
    return set(re.findall(r"^\s+(/usr/\S+)$", output("ninja", "-C", folder, "-t", "deps", *objects), re.MULTILINE))


def spdx_id(name):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def package(name, version, **more):
    return {"SPDXID": spdx_id(name), "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
            "copyrightText": "NOASSERTION", **more}


def debian_package(name):
    fields = output("dpkg-query", "-W", "-f=${Package} ${Version} ${Architecture} ${source:Package}", name)
    plain, version, architecture, source = fields.split()
    purl = f"pkg:deb/debian/{urllib.parse.quote(plain)}@{urllib.parse.quote(version, safe='')}?arch={architecture}"
    reference = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
    return package(plain, version, supplier="Organization: Debian", sourceInfo=f"built from the Debian source {source}",
                   externalRefs=[reference])


def document(binary, folder, version):
    loaded = libraries(binary)
    direct = owners(loaded[name] for name in needed(binary) if name in loaded)
    roles = {name: "BUILD_DEPENDENCY_OF" for name in owners(headers(binary, folder))}
    roles |= {name: "DEPENDS_ON" for name in owners(loaded.values())}
    roles |= {name: "DYNAMIC_LINK" for name in direct}
    packages, relationships = [], [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                                    "relatedSpdxElement": spdx_id("pawl")}]
    for name, role in sorted(roles.items()):
        one = debian_package(name)
        packages.append(one)
        ends = [spdx_id("pawl"), one["SPDXID"]]
        if role == "BUILD_DEPENDENCY_OF":
            ends.reverse()
        relationships.append({"spdxElementId": ends[0], "relationshipType": role, "relatedSpdxElement": ends[1]})
    digest = hashlib.sha256(pathlib.Path(binary).read_bytes()).hexdigest()
    time = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", os.path.getmtime(binary))),
                                           datetime.timezone.utc)
    pawl = package("pawl", version, licenseDeclared="Apache-2.0", primaryPackagePurpose="APPLICATION")
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"pawl-{version}",
            "documentNamespace": f"https://spdx.org/spdxdocs/pawl-{version}-{digest}",
            "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: pawl-sbom"]},
            "packages": [pawl, *packages], "relationships": relationships}


if __name__ == "__main__":
    json.dump(document(*sys.argv[1:4]), sys.stdout, indent=1)
    print()
