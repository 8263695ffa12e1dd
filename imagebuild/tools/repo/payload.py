# SPDX-License-Identifier: Apache-2.0
"""From the members of a .deb, or a folder of ours, to a build root.

The build root is an ordinary folder owned by whoever runs this: owners,
modes and capabilities are carried in the entries and reach the package
through %attr and %caps. Paths are relative, without './'. /bin, /sbin and
/lib* are moved below /usr on the way.
"""

import fnmatch
import gzip
import os
import posixpath
import re
import shutil
from dataclasses import dataclass

MERGED = re.compile(r"^(bin|sbin|lib|lib32|lib64|libx32)(/|$)")
LANGUAGE = re.compile(r"^usr/share/(?:locale|man)/([a-z]{2,3}(?:_[A-Z]{2})?(?:@[a-z]+)?)(?:\.[A-Za-z0-9-]+)?/")
LOCALE_FOLDER = re.compile(r"^usr/share/locale/([a-z]{2,3}(?:_[A-Z]{2})?(?:@[a-z]+)?)/")

# Folders that systemd's own tmpfiles.d makes.
SYSTEMD_VAR = {"var/cache", "var/lib", "var/lib/systemd", "var/log", "var/spool", "var/tmp"}


@dataclass
class Entry:
    """One path of a package."""

    kind: str  # dir, file, link or ghost
    mode: int
    user: str = "root"
    group: str = "root"
    target: str = ""
    caps: str = ""
    mtime: int = 0
    config: bool = False


def merged(path):
    return "usr/" + path if MERGED.match(path) else path


def merged_target(old_path, target):
    """A link's target after both the link and what it points to moved below /usr."""
    if target.startswith("/") or ".." not in target.split("/"):
        return target
    absolute = posixpath.normpath(posixpath.join("/", posixpath.dirname(old_path), target)).lstrip("/")
    folder = posixpath.dirname(merged(old_path))
    return posixpath.relpath("/" + merged(absolute), "/" + folder)


def language(path):
    match = LANGUAGE.match(path)
    return match[1] if match and not match[1].startswith("man") else None


def matches(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


class Payload:
    """The content of one package: a build root and its entries by path."""

    def __init__(self, root, rule, drop):
        self.root = root
        self.rule = rule
        self.drop = drop
        self.entries = {}
        self.removed = set()
        self.from_root = []  # paths as they were in /bin and /sbin
        self.texts = {}  # small files that the spec needs
        self.newest = 0
        os.makedirs(root)

    def place(self, path):
        where = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        return where

    def moved(self, path):
        for old, new in self.rule.get("move", []):
            if fnmatch.fnmatchcase(path, old):
                return new + posixpath.basename(path) if new.endswith("/") else new
        return path

    def wanted(self, path, is_dir):
        if matches(path, self.drop["files"]) or matches(path, self.rule.get("remove", [])):
            return False
        keep = self.rule.get("keep")
        if keep is None or matches(path, keep):
            return True
        return is_dir and any(pattern.startswith(path + "/") for pattern in keep)

    def is_foreign_script(self, member, head):
        if not (member.mode & 0o111 and head.startswith(b"#!")):
            return False
        words = head[2:].split(b"\n", 1)[0].decode("ascii", "replace").split()
        names = [posixpath.basename(word) for word in words[:2]]
        if names and names[0] == "env":
            names = names[1:]
        return bool(names) and names[0] in self.drop["interpreters"]

    def add_deb(self, deb):
        """Everything of the .deb that is wanted."""
        for member, source in deb.members():
            old = member.name.removeprefix("./").rstrip("/")
            if old in ("", "."):
                continue
            path = merged(old)
            self.newest = max(self.newest, int(member.mtime))
            if old == f"usr/share/doc/{deb.name}/copyright" and source:
                data = source.read()
                self.texts["copyright"] = data.decode("utf-8", "replace")
                self.add_bytes(f"usr/share/licenses/{self.rule.get('rename', deb.name)}/copyright", data, int(member.mtime))
                self.removed.add(path)
                continue
            if not self.wanted(path, member.isdir()):
                self.removed.add(path)
                continue
            new = self.moved(path)
            if new != path:
                self.removed.add(path)
            if not member.isdir() and old != path:
                self.from_root.append("/" + old)
            self.add_member(member, old, new, source)
            if path in deb.conffiles or (new.startswith("etc/") and new != path):
                self.entries[new].config = new in self.entries and self.entries[new].kind == "file"

    def add_member(self, member, old, path, source):
        entry = Entry("file", member.mode & 0o7777, member.uname or "root", member.gname or "root", mtime=int(member.mtime))
        if member.isdir():
            entry.kind = "dir"
            os.makedirs(os.path.join(self.root, path), exist_ok=True)
        elif member.issym():
            entry.kind = "link"
            entry.target = merged_target(old, member.linkname)
            os.symlink(entry.target, self.place(path))
        elif member.islnk():
            first = self.moved(merged(member.linkname.removeprefix("./")))
            if first not in self.entries:
                self.removed.add(path)
                return
            os.link(os.path.join(self.root, first), self.place(path))
            entry.user, entry.group = self.entries[first].user, self.entries[first].group
        elif member.isreg():
            head = source.read(128)
            if self.is_foreign_script(member, head):
                self.removed.add(path)
                return
            where = self.place(path)
            with open(where, "wb") as out:
                out.write(head)
                shutil.copyfileobj(source, out, 1 << 20)
            self.remember(path, where)
        else:
            raise ValueError(f"{path}: neither file, folder nor link")
        self.entries[path] = entry

    def remember(self, path, where):
        name = posixpath.basename(path)
        if path.startswith(("usr/lib/sysusers.d/", "usr/lib/tmpfiles.d/")):
            with open(where, encoding="utf-8") as text:
                self.texts[path] = text.read()
        elif path.startswith("usr/share/doc/") and name in ("changelog.Debian.gz", "changelog.gz"):
            with gzip.open(where, "rt", encoding="utf-8", errors="replace") as text:
                top = text.read(65536)
            if re.match(r"\S+ \([^)]+\) .*;", top) and (name == "changelog.Debian.gz" or "changelog" not in self.texts):
                self.texts["changelog"] = top

    def add_bytes(self, path, data, mtime=0, mode=0o644):
        with open(self.place(path), "wb") as out:
            out.write(data)
        self.entries[path] = Entry("file", mode, mtime=mtime, config=path.startswith("etc/"))

    def add_folder(self, folder):
        """A tree of ours, laid over what is there; only names, contents and the executable bit count."""
        for parent, _, names in sorted(os.walk(folder)):
            for name in names:
                where = os.path.join(parent, name)
                path = os.path.relpath(where, folder)
                executable = os.stat(where).st_mode & 0o100
                with open(where, "rb") as data:
                    self.add_bytes(path, data.read(), mode=0o755 if executable else 0o644)
                if path.startswith("usr/lib/sysusers.d/"):
                    self.remember(path, where)

    def apply_rule(self, name):
        """Copies, links, folders, modes, capabilities and ghosts of the package's rule."""
        rule = self.rule
        for old, new in rule.get("copy", []):
            with open(os.path.join(self.root, old), "rb") as data:
                self.add_bytes(new, data.read(), self.entries[old].mtime, self.entries[old].mode)
            self.entries[new].user, self.entries[new].group = self.entries[old].user, self.entries[old].group
        if rule.get("shadow"):
            self.make_shadow()
        if "sysusers" in rule:
            path = f"usr/lib/sysusers.d/{name}.conf"
            self.texts[path] = rule["sysusers"].strip() + "\n"
            self.add_bytes(path, self.texts[path].encode())
        for path, target in rule.get("links", []):
            os.symlink(target, self.place(path))
            self.entries[path] = Entry("link", 0o777, target=target)
        for path, mode, *owner in rule.get("dirs", []):
            os.makedirs(os.path.join(self.root, path), exist_ok=True)
            self.entries[path] = Entry("dir", int(mode, 8), *owner)
        for path in rule.get("ghosts", []):
            with open(self.place(path), "wb"):
                pass
            self.entries[path] = Entry("ghost", 0o644)
        for path, (mode, user, group) in rule.get("modes", {}).items():
            entry = self.entries[path]
            entry.mode, entry.user, entry.group = int(mode, 8), user, group
        for path, caps in rule.get("caps", {}).items():
            self.entries[path].caps = caps

    def make_shadow(self):
        """passwd and group with their passwords in shadow and gshadow, all locked."""
        for name in ("passwd", "group"):
            where = os.path.join(self.root, "etc", name)
            with open(where, encoding="ascii") as text:
                rows = [line.split(":") for line in text.read().splitlines()]
            open_text = "".join(":".join([row[0], "x", *row[2:]]) + "\n" for row in rows)
            if name == "passwd":
                hidden = "".join(f"{row[0]}:!*:::::::\n" for row in rows)
            else:
                hidden = "".join(f"{row[0]}:!*::{row[3]}\n" for row in rows)
            self.add_bytes(f"etc/{name}", open_text.encode())
            path = "etc/shadow" if name == "passwd" else "etc/gshadow"
            self.add_bytes(path, hidden.encode(), mode=0o640)
            self.entries[path].group = "shadow"

    def finish(self, name, base_dirs):
        """Prune what was emptied, leave shared folders to their owner, describe /var, set times."""
        for path in sorted(self.entries, key=lambda p: p.count("/"), reverse=True):
            if self.entries[path].kind != "dir":
                continue
            inside = any(other.startswith(path + "/") for other in self.entries)
            emptied = any(posixpath.dirname(gone) == path for gone in self.removed)
            if not inside and emptied:
                del self.entries[path]
                self.removed.add(path)
        for path in [p for p, e in self.entries.items() if e.kind == "dir" and p in base_dirs]:
            del self.entries[path]
        self.describe_var(name)
        for path, entry in self.entries.items():
            entry.mtime = entry.mtime or self.newest
        for path in sorted(self.entries, reverse=True):
            entry = self.entries[path]
            if entry.kind != "dir" or os.path.isdir(os.path.join(self.root, path)):
                os.utime(os.path.join(self.root, path), (entry.mtime, entry.mtime), follow_symlinks=False)

    def describe_var(self, name):
        """A node's /var may be empty at boot: tmpfiles.d makes the package's folders there again."""
        said = " ".join(text for path, text in self.texts.items() if path.startswith("usr/lib/tmpfiles.d/"))
        lines = [
            f"d /{path} {entry.mode:04o} {entry.user} {entry.group} - -\n"
            for path, entry in sorted(self.entries.items())
            if entry.kind == "dir" and path.startswith("var/") and path not in SYSTEMD_VAR and f"/{path} " not in said
        ]
        if lines:
            self.add_bytes(f"usr/lib/tmpfiles.d/pkg-{name}.conf", "".join(lines).encode())
