# SPDX-License-Identifier: Apache-2.0
"""The packages of the repository, and what they require of each other.

Debian's relations are translated against the set: what is in it keeps its
versions, what was dropped vanishes, and anything else that is missing is an
error, so a broken dependency cannot reach the repository.
"""

import fnmatch

from debian import Deb, evr_text, to_evr, to_requirement
from spec import Package


class SetError(Exception):
    """The set is not closed, or a rule names what is not there."""


class PackageSet:
    def __init__(self, deb_paths, rules):
        self.rules = rules
        self.debs = {}
        self.all_names = set()
        for path in sorted(deb_paths):
            deb = Deb(path)
            self.all_names.add(deb.name)
            if not self.is_dropped(deb.name):
                self.debs[deb.name] = deb
        self.virtual = {}
        for deb in self.debs.values():
            for name, version in deb.provides():
                self.virtual.setdefault(name, []).append(version)

    def is_dropped(self, name):
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.rules["drop"]["packages"])

    def rule(self, name):
        table = self.rules["package"]
        if name in table:
            found = table[name]
        else:
            found = next((rule for pattern, rule in table.items() if fnmatch.fnmatchcase(name, pattern)), {})
        return substitute(found, name.removeprefix("linux-image-"))

    def rpm_name(self, name):
        return self.rules["package"].get(name, {}).get("rename", name)

    def translate(self, group):
        """One group of alternatives for rpm; None if all of it was dropped; '' if it is missing."""
        terms = []
        dropped = False
        for name, op, version in group:
            if name in self.debs:
                terms.append(f"{self.rpm_name(name)} {to_requirement(op, version)}" if op else self.rpm_name(name))
            elif name in self.virtual:
                terms.append(f"{name} {to_requirement(op, version)}" if op and any(self.virtual[name]) else name)
            elif self.is_dropped(name):
                dropped = True
        unique = list(dict.fromkeys(terms))
        if not unique:
            return None if dropped else ""
        return unique[0] if len(unique) == 1 else "(" + " or ".join(unique) + ")"

    def tags(self, deb, rule):
        """Tag → values, in rpm's words."""
        requires, missing = [], []
        if not rule.get("no_requires"):
            for group in deb.relations("Pre-Depends") + deb.relations("Depends"):
                text = self.translate(group)
                if text:
                    requires.append(text)
                elif text == "":
                    missing.append(" | ".join(name for name, _, _ in group))
        if missing:
            raise SetError(f"{deb.name} depends on {', '.join(missing)}, which is neither in the set nor dropped")
        tags = {"Requires": requires}
        for field in ("Recommends", "Suggests"):
            tags[field] = [text for text in map(self.translate, deb.relations(field)) if text]
        tags["Provides"] = [f"{name} = {evr_text(to_evr(version))}" if version else name for name, version in deb.provides()]
        if "rename" in rule and not rule.get("keep"):
            tags["Provides"].append(f"{deb.name} = {evr_text(to_evr(deb.version))}")
        tags["Conflicts"], tags["Obsoletes"] = self.conflicts(deb)
        return tags

    def conflicts(self, deb):
        """Breaks and Conflicts with packages of the set; Obsoletes for what was replaced as a whole."""
        conflicts, obsoletes = [], []
        hard = {(name, version) for group in deb.relations("Conflicts") for name, _, version in group}
        for group in deb.relations("Breaks") + deb.relations("Conflicts"):
            for name, op, version in group:
                if name in self.debs and name != deb.name:
                    conflicts.append(f"{self.rpm_name(name)} {to_requirement(op, version)}" if op else name)
        for group in deb.relations("Replaces"):
            for name, op, version in group:
                if (name, version) in hard and op == "<<" and name not in self.all_names:
                    obsoletes.append(f"{name} {to_requirement(op, version)}")
        return conflicts, obsoletes

    def packages(self, suffixes=None):
        """Every package of the set, sorted; `suffixes` lengthens the releases of some."""
        suffixes = suffixes or {}
        result = []
        for name, deb in sorted(self.debs.items()):
            rule = self.rule(name)
            package = Package(name, rule, deb, merge(self.tags(deb, rule), rule), suffixes.get(name, ""))
            package.family = {other.name: other.path for other in self.debs.values() if other.source()[0] == deb.source()[0]}
            result.append(package)
        for name, rule in sorted(self.rules["package"].items()):
            if rule.get("own"):
                result.append(Package(name, rule, None, merge({}, rule)))
        return sorted(result, key=lambda package: package.name)


def merge(tags, rule):
    """The tags with those that a rule adds; each value once, in a fixed order."""
    for tag in ("Requires", "Provides", "Conflicts", "Obsoletes"):
        tags[tag] = tags.get(tag, []) + rule.get(tag.lower(), [])
    return {tag: list(dict.fromkeys(values)) for tag, values in tags.items()}


def substitute(value, kernel):
    if isinstance(value, str):
        return value.replace("{kernel}", kernel)
    if isinstance(value, list):
        return [substitute(item, kernel) for item in value]
    if isinstance(value, dict):
        return {key.replace("{kernel}", kernel): substitute(item, kernel) for key, item in value.items()}
    return value
