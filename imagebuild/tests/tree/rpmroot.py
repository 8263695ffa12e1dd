# SPDX-License-Identifier: Apache-2.0
"""What rpm lays down as root, and how to hold a mounted image against it."""
import fnmatch
import hashlib
import os
import re
import stat
import subprocess
import sys
from contextlib import contextmanager

RPM = ["rpm", "--rcfile=/usr/lib/rpm/rpmrc", "--macros=/usr/lib/rpm/macros:/usr/lib/rpm/platform/x86_64-linux/macros",
       "--define=_dbpath /usr/lib/sysimage/rpm", "--define=_transaction_color 3", "--define=_prefer_color 2"]


class RpmFailed(Exception):
    """rpm did not lay the packages down; the text is its own."""


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, errors="surrogateescape", check=False, timeout=600)


def skip(why):
    print(why)
    sys.exit(77)


@contextmanager
def mounted(image, mount):
    """The image, read by the kernel; the script ends with a word where that is not possible."""
    os.makedirs(mount, exist_ok=True)
    done = run("mount", "-t", "erofs", "-o", "loop,ro", image, mount)
    if done.returncode:
        skip("the kernel does not mount EROFS through a loop device here: " + done.stderr.strip())
    try:
        yield mount
    finally:
        subprocess.run(["umount", mount], check=True)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def look(top):
    """path → what can be compared of it."""
    found, groups = {}, {}
    for parent, folders, names in os.walk(top):
        for name in folders + names:
            full = os.path.join(parent, name)
            path = full[len(top):]
            st = os.lstat(full)
            kind = stat.S_IFMT(st.st_mode)
            caps = ""
            if "security.capability" in os.listxattr(full, follow_symlinks=False):
                caps = os.getxattr(full, "security.capability", follow_symlinks=False).hex()
            what = "-"
            if kind == stat.S_IFREG:
                what = sha256(full)
            elif kind == stat.S_IFLNK:
                what = os.readlink(full)
            elif kind in (stat.S_IFCHR, stat.S_IFBLK):
                what = f"{os.major(st.st_rdev)}:{os.minor(st.st_rdev)}"
            is_dir = kind == stat.S_IFDIR
            found[path] = {"type": oct(kind), "mode": oct(stat.S_IMODE(st.st_mode)), "uid": st.st_uid, "gid": st.st_gid,
                           "size": 0 if is_dir else st.st_size, "time": "-" if is_dir else int(st.st_mtime),
                           "links": "-" if is_dir else st.st_nlink, "content": what, "capabilities": caps}
            if st.st_nlink > 1 and not is_dir:
                groups.setdefault((st.st_dev, st.st_ino), []).append(path)
    for names in groups.values():
        for path in names:
            found[path]["names"] = " ".join(sorted(names))
    return found


class Reasons:
    """Tables of reasons; knows which of their rows were needed."""

    def __init__(self, *tables):
        self.rows = [row[0] for table in tables for row in table]
        self.used = set()

    def explain(self, path):
        for pattern in self.rows:
            if fnmatch.fnmatchcase(path, pattern):
                self.used.add(pattern)
                return True
        return False


def packages_of(lock, store):
    with open(lock, encoding="utf-8") as text:
        for line in text:
            row = re.search(r"nevra: ([^,]+), sha256: ([0-9a-f]{64}),.* into: \[([^\]]*)\]", line)
            if row and "root" in row[3].split(", "):
                yield os.path.join(store, "rpm", row[2][:2], row[2])


def build_time(lock):
    with open(lock, encoding="utf-8") as text:
        return int(re.search(r"^ *build-time: (\d+)$", text.read(), re.MULTILINE)[1])


def install(top, mount, packages):
    """Accounts come first: rpm gives what belongs to an account it does not find to root, without setuid."""
    os.makedirs(top + "/etc")
    for name in ("passwd", "group") if mount else ():
        with open(f"{mount}/etc/{name}", "rb") as source, open(f"{top}/etc/{name}", "wb") as target:
            target.write(source.read())
    done = run(*RPM, "--root", top, "-i", "--noscripts", "--notriggers", "--nodeps", "--nosignature", "--excludedocs", *packages)
    if done.returncode:
        raise RpmFailed(done.stderr)
    for name in ("passwd", "group"):
        if os.path.exists(f"{top}/etc/{name}.rpmnew"):
            os.rename(f"{top}/etc/{name}.rpmnew", f"{top}/etc/{name}")


def compare(ours, theirs, newest, reasons):
    wrong = []
    for path in sorted(set(ours) | set(theirs), key=os.fsencode):
        mine, other = ours.get(path), theirs.get(path)
        if other and other["time"] != "-":
            other = dict(other, time=min(other["time"], newest))  # clamped, as the recipe promises
        if mine == other or reasons.explain(path):
            continue
        if mine and other:
            parts = [f"{key} {mine.get(key)}, rpm has {other.get(key)}" for key in mine | other if mine.get(key) != other.get(key)]
            wrong.append(f"{path}: {'; '.join(parts)}")
        else:
            wrong.append(f"{path}: only {'the image' if mine else 'rpm'} has it")
    return wrong


def verify(mount, reasons, allowed):
    """What rpm -Va says of a mounted image beyond the letters that `allowed` gives a path."""
    done = run(*RPM, "--root", mount, "-Va", "--nosignature")
    wrong, seen = [], set()
    for line in (done.stdout + done.stderr).splitlines():
        match = re.fullmatch(r"([SM5DLUGTP.?]{9})  (.) (/.*)", line)
        if not match:
            wrong.append("rpm -Va: " + line)
            continue
        path = match[3]
        if path in allowed and match[1] == allowed[path][0]:
            seen.add(path)
        elif not reasons.explain(path):
            wrong.append("rpm -Va: " + line)
    return wrong + [f"rpm -Va no longer names {path}: its row can go" for path in set(allowed) - seen]
