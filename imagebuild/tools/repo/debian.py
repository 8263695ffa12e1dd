# SPDX-License-Identifier: Apache-2.0
"""What a .deb says: its control fields, its members, its versions.

Only reading happens here. Versions and relations are also turned into what
rpm understands, because both sides of that mapping have to agree: the tests
compare dpkg's verdict with rpm's for every relation of the package set.
"""

import re
import subprocess
import tarfile

RELATION = re.compile(
    r"^\s*(?P<name>[a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?"
    r"\s*(?:\(\s*(?P<op><<|<=|=|>=|>>)\s*(?P<version>[^)\s]+)\s*\))?\s*(?:\[[^]]*\])?\s*$"
)

# Debian's operators in rpm's spelling.
OPERATORS = {"<<": "<", "<=": "<=", "=": "=", ">=": ">=", ">>": ">"}

ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64", "all": "noarch"}


class DebError(Exception):
    """A .deb is not what it should be; the text names the file."""


def parse_paragraphs(text):
    """The paragraphs of a control file, each a dictionary; folded lines keep their newlines."""
    paragraphs = []
    fields = {}
    key = None
    for line in text.splitlines():
        if not line.strip():
            if fields:
                paragraphs.append(fields)
            fields, key = {}, None
        elif line[0] in " \t":
            if key is not None:
                fields[key] += "\n" + line[1:]
        elif line[0] != "#" and ":" in line:
            key, value = line.split(":", 1)
            fields[key] = value.strip()
    if fields:
        paragraphs.append(fields)
    return paragraphs


def split_version(version):
    """Epoch, upstream version and revision ('0' for native packages, as dpkg compares them)."""
    epoch = "0"
    if ":" in version:
        epoch, version = version.split(":", 1)
    upstream, dash, revision = version.rpartition("-")
    if not dash:
        upstream, revision = version, "0"
    return epoch, upstream, revision


def to_evr(version):
    """Epoch, version and release for rpm. A hyphen inside the upstream version becomes a dot."""
    epoch, upstream, revision = split_version(version)
    return epoch, upstream.replace("-", "."), revision


def evr_text(evr):
    epoch, version, release = evr
    prefix = "" if epoch == "0" else epoch + ":"
    return f"{prefix}{version}-{release}"


def to_requirement(op, version):
    """The same set of versions in rpm's words.

    A relation without a revision means revision 0 to dpkg and any release to rpm, so the
    release is written out wherever the two would disagree.
    """
    epoch, upstream, release = to_evr(version)
    native = "-" not in version.split(":", 1)[-1]
    text = evr_text((epoch, upstream, release))
    if native and op in (">=", "<<"):
        text = text[: -len("-" + release)]
    return f"{OPERATORS[op]} {text}"


def parse_relations(text):
    """Groups of alternatives, each alternative (name, op or None, version or None)."""
    groups = []
    for group in text.replace("\n", " ").split(","):
        alternatives = []
        for part in group.split("|"):
            match = RELATION.match(part)
            if match:
                alternatives.append((match["name"], match["op"], match["version"]))
            elif part.strip():
                raise DebError(f"relation '{part.strip()}' is not understood")
        if alternatives:
            groups.append(alternatives)
    return groups


class Deb:
    """One .deb: `fields` of its control file, `conffiles`, `triggers`."""

    def __init__(self, path):
        self.path = path
        control = {}
        with subprocess.Popen(["dpkg-deb", "--ctrl-tarfile", path], stdout=subprocess.PIPE) as process:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                for member in archive:
                    name = member.name.removeprefix("./")
                    if name in ("control", "conffiles", "triggers", "postinst"):
                        control[name] = archive.extractfile(member).read().decode("utf-8", "replace")
            process.stdout.read()
        if process.returncode != 0 or "control" not in control:
            raise DebError(f"{path} cannot be read by dpkg-deb")
        self.fields = parse_paragraphs(control["control"])[0]
        self.conffiles = {
            line.split()[-1].lstrip("/")
            for line in control.get("conffiles", "").splitlines()
            if line.strip() and not line.startswith("remove-on-upgrade")
        }
        self.is_library = "activate-noawait ldconfig" in control.get("triggers", "")

    @property
    def name(self):
        return self.fields["Package"]

    @property
    def version(self):
        return self.fields["Version"]

    @property
    def architecture(self):
        try:
            return ARCHITECTURES[self.fields["Architecture"]]
        except KeyError:
            raise DebError(f"{self.path}: no rpm architecture for '{self.fields['Architecture']}'") from None

    def source(self):
        """Name and version of the source package."""
        match = re.match(r"(\S+)(?:\s+\((\S+)\))?$", self.fields.get("Source", self.name))
        return match[1], match[2] or self.version

    def relations(self, field):
        return parse_relations(self.fields.get(field, ""))

    def provides(self):
        """Names that the package provides, with the version or None."""
        return [(name, version) for group in self.relations("Provides") for name, _, version in group]

    def members(self):
        """Every member of the payload in archive order: (TarInfo, file object or None)."""
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", self.path], stdout=subprocess.PIPE) as process:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                for member in archive:
                    yield member, archive.extractfile(member) if member.isreg() else None
            process.stdout.read()
        if process.returncode != 0:
            raise DebError(f"the payload of {self.path} cannot be read by dpkg-deb")


def read_member(path, name):
    """The text of one member of a .deb's payload, or ''."""
    text = ""
    for member, source in Deb(path).members():
        if source and member.name.removeprefix("./") == name:
            text = source.read().decode("utf-8", "replace")
    return text
