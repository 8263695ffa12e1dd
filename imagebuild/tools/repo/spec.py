# SPDX-License-Identifier: Apache-2.0
"""One package: its spec, and the run of rpmbuild that makes the .rpm."""

import os
import re
import shutil
import subprocess
from email.utils import parsedate_to_datetime

import licence
import policy
import scriptlets
from debian import read_member, to_evr
from payload import LOCALE_FOLDER, Payload, language

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

HIDDEN = re.compile(r"([*?{}])")

# rpmbuild sees these macros and those that rpm itself ships, nothing of the host's or the user's.
MACROS = """\
%_buildhost imagebuild
%use_source_date_epoch_as_buildtime 1
%clamp_mtime_to_source_date_epoch 1
%source_date_epoch_from_changelog 0
%debug_package %{nil}
%__os_install_post %{nil}
%__check_files %{nil}
%_build_id_links none
%_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm
%_binary_payload w9.zstdio
%_source_payload w9.zstdio
%_binary_filedigest_algorithm 8
%_source_filedigest_algorithm 8
%_invalid_encoding_terminates_build 0
%_docdir /usr/share/doc
%_rpmformat 4
%optflags %{nil}
"""


def environment(home, epoch):
    return {"HOME": home, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "SOURCE_DATE_EPOCH": str(epoch)}


def rpm_options(macros):
    return ["--rcfile=/usr/lib/rpm/rpmrc", f"--macros=/usr/lib/rpm/macros:/usr/lib/rpm/platform/%{{_target}}/macros:{macros}"]


def file_line(path, entry):
    """One line of a %files list."""
    mode = "-" if entry.kind == "link" else f"{entry.mode:04o}"
    words = [f"%attr({mode},{entry.user},{entry.group})"]
    if entry.caps:
        words.append(f"%caps({entry.caps})")
    if entry.kind == "dir":
        words.append("%dir")
    if entry.kind == "ghost":
        words.append("%ghost")
    if entry.config and entry.kind == "file":
        words.append("%config(noreplace)")
    tongue = language(path) if entry.kind != "dir" else None
    if entry.kind == "dir" and LOCALE_FOLDER.match(path + "/"):
        tongue = LOCALE_FOLDER.match(path + "/")[1]
    if tongue:
        words.append(f"%lang({tongue})")
    if path.startswith("usr/share/licenses/") and entry.kind == "file":
        words.append("%license")
    elif path.startswith(("usr/share/doc/", "usr/share/man/", "usr/share/info/")) and entry.kind != "dir":
        words.append("%doc")
    words.append('"/' + HIDDEN.sub(r"\\\1", path).replace("%", "%%") + '"')
    return " ".join(words)


def newest_changes(text):
    """The top entry of a Debian changelog: (heading for %changelog, its lines)."""
    heading = re.search(r"^ -- (.*?)  (.*)$", text, re.MULTILINE)
    first = re.match(r"\S+ \((\S+)\)", text)
    if not heading or not first:
        return None
    day = parsedate_to_datetime(heading[2])
    body = [line.strip() for line in text[: heading.start()].splitlines()[1:] if line.strip()]
    date = f"{DAYS[day.weekday()]} {MONTHS[day.month - 1]} {day.day:02d} {day.year}"
    return f"* {date} {heading[1]} - {first[1]}", body


def changelog_section(text):
    entry = newest_changes(text) if text else None
    if not entry:
        return ""
    heading, body = entry
    lines = [line if line.startswith(("-", "[")) else "- " + line.lstrip("* ") for line in body[:40]]
    return "%changelog\n" + scriptlets.escape(heading + "\n" + "\n".join(lines)) + "\n"


def description(fields):
    lines = fields.get("Description", "").split("\n")
    text = "\n".join("" if line.strip() == "." else line.rstrip() for line in lines[1:]) or lines[0]
    return lines[0].strip(), text


class Package:
    """What one .rpm will say; made from a .deb or from a rule alone."""

    def __init__(self, name, rule, deb, tags, release_suffix=""):
        self.rule, self.deb, self.tags = rule, deb, tags
        self.family = {}  # the .debs of the same source, by name
        self.name = rule.get("rename", name)
        if deb:
            self.evr = to_evr(deb.version)
            self.arch = deb.architecture
            self.source_name, source_version = deb.source()
            if "source" in rule:
                self.source_name, source_version = rule["source"], deb.version
            self.source_evr = to_evr(source_version)
            self.summary, self.description = description(deb.fields)
            self.url = deb.fields.get("Homepage", "")
        else:
            self.evr = self.source_evr = ("0", rule["version"], rule["release"])
            self.arch, self.source_name, self.url = "noarch", self.name, rule.get("url", "")
            self.summary, self.description = rule["summary"], rule["description"]
        self.summary = rule.get("summary", self.summary)
        if release_suffix:
            self.evr = (*self.evr[:2], self.evr[2] + release_suffix)
            self.source_evr = (*self.source_evr[:2], self.source_evr[2] + release_suffix)

    @property
    def file_name(self):
        return f"{self.name}-{self.evr[1]}-{self.evr[2]}.{self.arch}.rpm"

    def head(self, identity, licence_text):
        """The preamble. If the source is named otherwise, the package is its sub-package."""
        own_spec = self.source_name != self.name
        version = self.source_evr if own_spec else self.evr
        lines = [f"Name: {self.source_name if own_spec else self.name}", f"Version: {version[1]}", f"Release: {version[2]}"]
        if self.arch == "noarch":
            lines.append("BuildArch: noarch")
        lines += [f"Summary: {self.summary}", f"License: {licence_text}"]
        lines += [f"{key}: {identity[key.lower()]}" for key in ("Vendor", "Packager", "Distribution")]
        if self.url:
            lines.append(f"URL: {self.url}")
        if own_spec:
            lines += ["AutoReqProv: no", "", "%description", self.summary, "", f"%package -n {self.name}", f"Summary: {self.summary}"]
            if self.evr[1:] != self.source_evr[1:]:
                lines += [f"Version: {self.evr[1]}", f"Release: {self.evr[2]}"]
        if self.evr[0] != "0":
            lines.append(f"Epoch: {self.evr[0]}")
        lines.append("AutoReqProv: no")
        return [scriptlets.escape(line) for line in lines], f"-n {self.name}" if own_spec else ""


class Builder:
    """Everything that the builds of all packages share."""

    def __init__(self, work, rules, files, base_dirs):
        self.work, self.rules, self.files, self.base_dirs = work, rules, files, base_dirs
        self.macros = os.path.join(work, "macros")
        self.home = os.path.join(work, "home")

    def prepare(self):
        os.makedirs(self.home, exist_ok=True)
        with open(self.macros, "w", encoding="ascii") as out:
            out.write(MACROS + "%_topdir " + self.work + "/top\n%_tmppath " + self.work + "/tmp\n%_dbpath " + self.work + "/rpmdb\n")

    def build(self, package, out_dir, change=None):
        """Make the .rpm in out_dir; returns what the index wants to know of it."""
        work = os.path.join(self.work, "build", package.name)
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        payload = self.fill(package, os.path.join(work, "root"), change)
        epoch = payload.newest
        text = self.spec_text(package, payload)
        spec, listing = os.path.join(work, "package.spec"), os.path.join(work, "files")
        with open(spec, "w", encoding="utf-8") as out:
            out.write(text.replace("@FILES@", listing))
        with open(listing, "w", encoding="utf-8") as out:
            out.write("".join(file_line(path, entry) + "\n" for path, entry in sorted(payload.entries.items())))
        command = ["rpmbuild", *rpm_options(self.macros), "-bb", "--nodeps", "--noclean", "--quiet", "--target", package.arch]
        command += ["--buildroot", os.path.join(work, "root"), "--define", f"_rpmdir {out_dir}", spec]
        run = subprocess.run(command, env=environment(self.home, epoch), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if run.returncode != 0 or not os.path.exists(os.path.join(out_dir, package.file_name)):
            raise RuntimeError(f"rpmbuild failed for {package.name} ({spec}):\n{run.stdout}")
        shutil.rmtree(work)
        changes = newest_changes(payload.texts.get("changelog", ""))
        return {
            "name": package.name, "evr": package.evr, "arch": package.arch, "file": package.file_name, "time": epoch,
            "source": f"{package.source_name}-{package.source_evr[1]}-{package.source_evr[2]}.src.rpm",
            "changes": "\n".join(changes[1]) if changes else "",
        }

    def fill(self, package, root, change):
        payload = Payload(root, package.rule, self.rules["drop"])
        payload.newest = 0 if package.deb else self.rules["identity"]["own_time"]
        if package.deb:
            payload.add_deb(package.deb)
        folder = os.path.join(self.files, package.name)
        if os.path.isdir(folder):
            payload.add_folder(folder)
        if change:
            change(payload)
        if "policy" in package.rule:
            policy.add(payload, package.deb.path, package.rule["policy"], os.path.join(self.work, "policy"))
        payload.apply_rule(package.name)
        payload.finish(package.name, set() if package.name == "filesystem" else self.base_dirs)
        return payload

    def spec_text(self, package, payload):
        copyright_text = payload.texts.get("copyright") or borrowed_copyright(package, payload)
        licence_text = package.rule.get("licence") or (licence.from_copyright(copyright_text) if copyright_text else licence.UNKNOWN)
        lines, target = package.head(self.rules["identity"], licence_text)
        wants_accounts = package.rule.get("accounts")
        accounts = [
            (os.path.basename(path), text)
            for path, text in sorted(payload.texts.items())
            if wants_accounts and path.startswith("usr/lib/sysusers.d/")
        ]
        own = f"usr/lib/tmpfiles.d/pkg-{package.name}.conf"
        tmpfiles = [
            os.path.basename(path) for path in sorted(payload.entries)
            if path.startswith("usr/lib/tmpfiles.d/") and path.endswith(".conf") and path != own and package.name != "systemd"
        ]
        bodies = scriptlets.collect(package.rule, bool(package.deb and package.deb.is_library), accounts, tmpfiles)
        for tag, values in package.tags.items():
            lines += [f"{tag}: {scriptlets.escape(value)}" for value in values]
        lines += [f"Provides: {scriptlets.escape(path)}" for path in sorted(payload.from_root) if path.startswith(("/bin/", "/sbin/"))]
        if accounts:
            lines.append("Requires(pre): passwd")
        if package.rule.get("alternatives"):
            lines += ["Requires(post): alternatives", "Requires(postun): alternatives"]
        text = "\n".join(lines) + "\n\n"
        text += f"%description {target}\n{scriptlets.escape(package.description)}\n\n"
        text += scriptlets.spec_sections(target, bodies, package.rule)
        text += f"%files {target} -f @FILES@\n\n" + changelog_section(payload.texts.get("changelog", ""))
        return text


def borrowed_copyright(package, payload):
    """The copyright file of the package whose documentation folder this one links to."""
    folder = payload.entries.get(f"usr/share/doc/{package.deb.name}") if package.deb else None
    owner = os.path.basename(folder.target.rstrip("/")) if folder else ""
    if owner not in package.family:
        return ""
    return read_member(package.family[owner], f"usr/share/doc/{owner}/copyright")
