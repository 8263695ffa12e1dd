# SPDX-License-Identifier: Apache-2.0
"""The repository's metadata: createrepo_c's, with comps and updateinfo.

All times are the revision's, which is the newest build time of the packages,
and the packages' own times on disk are set to their build times first,
because primary.xml carries them.
"""

import os
import re
import shutil
import subprocess
from datetime import datetime, timezone
from xml.sax.saxutils import escape, quoteattr

GROUPS = {
    "core": ("Core", "What every image holds"),
    "node": ("Node", "A container node: systemd, containerd, networking, time, audit, remote access"),
    "selinux": ("SELinux", "A policy with the contexts of all files, and what handles it"),
    "initrd": ("Initrd", "What the initial file system needs to reach a verified root"),
    "tools": ("Tools", "For looking at a running node"),
}


def comps(wishes, present):
    text = ['<?xml version="1.0" encoding="UTF-8"?>', "<comps>"]
    for group, names in wishes.items():
        title, about = GROUPS[group]
        text += ["  <group>", f"    <id>{group}</id>", f"    <name>{title}</name>", f"    <description>{about}</description>"]
        text += ["    <default>false</default>", "    <uservisible>true</uservisible>", "    <packagelist>"]
        text += [f'      <packagereq type="mandatory">{escape(name)}</packagereq>' for name in names if name in present]
        text += ["    </packagelist>", "  </group>"]
    text += ["  <environment>", "    <id>node-environment</id>", "    <name>Node image</name>"]
    text += ["    <description>The default node image</description>", "    <grouplist>"]
    text += ["      <groupid>core</groupid>", "      <groupid>node</groupid>", "    </grouplist>", "  </environment>", "</comps>", ""]
    return "\n".join(text)


def advisory(number, package, url):
    """One security advisory that the package's newest build resolves."""
    epoch, version, release = package["evr"]
    day = datetime.fromtimestamp(package["time"], timezone.utc)
    issued = day.strftime("%Y-%m-%d %H:%M:%S")
    flaws = sorted(set(re.findall(r"CVE-\d{4}-\d{4,}", package["changes"])))
    references = [f'      <reference href="{url}{flaw}" id="{flaw}" type="cve" title="{flaw}"/>' for flaw in flaws]
    kind, severity = ("security", "Important") if flaws else ("bugfix", "None")
    lines = [
        f'  <update from="security@imagebuild" status="stable" type="{kind}" version="1">',
        f"    <id>IBNODE-{day.year}-{number:04d}</id>",
        f"    <title>{escape(package['name'])} {escape(version)}-{escape(release)}</title>",
        f'    <issued date="{issued}"/>', f'    <updated date="{issued}"/>',
        f"    <severity>{severity}</severity>", "    <rights>none</rights>", "    <release>ibnode 12</release>",
        f"    <summary>An update of {escape(package['name'])}</summary>",
        f"    <description>{escape(package['changes'])}</description>",
        "    <references>", *references, "    </references>", "    <pkglist>",
        '      <collection short="ibnode-12">', "        <name>ibnode 12</name>",
        f"        <package name={quoteattr(package['name'])} epoch=\"{epoch}\" version={quoteattr(version)} "
        f"release={quoteattr(release)} arch=\"{package['arch']}\" src={quoteattr(package['source'])}>",
        f"          <filename>{escape(package['file'])}</filename>",
        "        </package>", "      </collection>", "    </pkglist>", "  </update>",
    ]
    return "\n".join(lines)


def updateinfo(packages):
    url = "https://www.cve.org/CVERecord?id="
    body = "\n".join(advisory(number + 1, package, url) for number, package in enumerate(packages))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<updates>\n{body}\n</updates>\n'


def run(command, environment):
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stdout.strip()}")


def write(state, packages, wishes, advised, home):
    """repodata/ of the folder `state`; returns the path of repomd.xml."""
    revision = max(package["time"] for package in packages)
    environment = {"HOME": home, "PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    for package in packages:
        path = os.path.join(state, "Packages", package["file"])
        os.utime(path, (package["time"], package["time"]))
    repodata = os.path.join(state, "repodata")
    shutil.rmtree(repodata, ignore_errors=True)
    extra = {"comps.xml": comps(wishes, {package["name"] for package in packages}), "updateinfo.xml": updateinfo(advised)}
    for name, text in extra.items():
        with open(os.path.join(state, name), "w", encoding="utf-8") as out:
            out.write(text)
        os.utime(os.path.join(state, name), (revision, revision))
    run(
        ["createrepo_c", "--quiet", "--no-database", "--general-compress-type=gz", "--workers=2", "--groupfile", os.path.join(state, "comps.xml"),
         "--revision", str(revision), "--set-timestamp-to-revision", "--distro", "cpe:/o:imagebuild:ibnode:12,ibnode 12", state],
        environment,
    )
    run(["modifyrepo_c", "--compress-type=gz", "--mdtype=updateinfo", os.path.join(state, "updateinfo.xml"), repodata], environment)
    for name in extra:
        os.unlink(os.path.join(state, name))
    repomd = os.path.join(repodata, "repomd.xml")
    with open(repomd, encoding="utf-8") as text:
        fixed = re.sub(r"<timestamp>\d+</timestamp>", f"<timestamp>{revision}</timestamp>", text.read())
    with open(repomd, "w", encoding="utf-8") as out:
        out.write(fixed)
    for parent, _, names in os.walk(state):
        for name in names:
            if not name.endswith(".rpm"):
                os.utime(os.path.join(parent, name), (revision, revision))
    return repomd
