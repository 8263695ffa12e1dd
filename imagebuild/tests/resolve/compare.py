# SPDX-License-Identifier: Apache-2.0
"""Holds our answers against dnf's: compare.py DATA SCRATCH BUILD CASES (see check-dnf).

A case is a line: REPOSITORIES | OPTIONS | WISH; WISH… [| differs: REASON]

REPOSITORIES name a set below, with :PRIORITY where it is not 99. OPTIONS are
weak, multilib, exclude=PATTERN and module=STREAM. A case that differs from dnf
says why; it fails when it no longer differs.
"""
import logging
import os
import re
import subprocess
import sys

import dnf
import dnf.module.module_base
import dnf.rpm

DATA, SCRATCH, BUILD, CASES = sys.argv[1:5]
FINGERPRINT = "99DB70FAE1D7CE227FB6488205B555B38483C65D"
KEY = os.path.abspath("recipes/keys/RPM-GPG-KEY-CentOS-Official")
REAL = {
    "baseos": f"{DATA}/repos/osbuild_images/test/data/testrepo",
    "appstream": f"{DATA}/repos/osbuild_osbuild/test/data/testrepos/appstream",
    "rocky8": f"{DATA}/repos/flytux_kb-paas/repo",
    "azurelinux": f"{DATA}/repos/cilegordev_azurelinux-repo",
    "node": os.path.abspath(f"{BUILD}/repo/state1"),
}


def place(name):
    return REAL.get(name, f"{SCRATCH}/{name}")


class Case:
    def __init__(self, line):
        repositories, options, wishes, *rest = [part.strip() for part in line.split(" | ")]
        self.line = line
        self.repositories = [(name.split(":")[0], int(name.split(":")[1]) if ":" in name else 99)
                             for name in repositories.split()]
        words = options.split()
        self.weak = "weak" in words
        self.multilib = "multilib" in words
        self.exclude = [word[8:].replace("_", " ") for word in words if word.startswith("exclude=")]
        self.modules = [word[7:] for word in words if word.startswith("module=")]
        self.wishes = wishes.split("; ")
        self.differs = rest[0][len("differs: "):] if rest else None


def ask_dnf(case):
    """The packages, or None and dnf's words."""
    with dnf.Base() as base:
        conf = base.conf
        conf.installroot = f"{SCRATCH}/root"
        conf.cachedir = f"{SCRATCH}/dnf-cache"
        conf.persistdir = f"{SCRATCH}/persist"
        conf.logdir = SCRATCH
        conf.reposdir = []
        conf.substitutions.update({"arch": "x86_64", "basearch": "x86_64", "releasever": "9"})
        conf.module_platform_id = "platform:el9"
        conf.best = True
        conf.install_weak_deps = case.weak
        conf.excludepkgs = case.exclude + ([] if case.multilib else ["*.i686", "*.i386"])
        for name, priority in case.repositories:
            base.repos.add_new_repo(name, conf, baseurl=["file://" + place(name)], priority=priority, gpgcheck=False)
        base.fill_sack(load_system_repo=False)
        try:
            if case.modules:
                dnf.module.module_base.ModuleBase(base).enable(case.modules)
            base.read_comps(arch_filter=True)
            base.install_specs(case.wishes)
            base.resolve()
        except dnf.exceptions.Error as error:
            return None, str(error)
        return sorted(str(package) for package in base.transaction.install_set), ""


def recipe(case):
    lines = ["format: 1", "image: {id: compared, version: '1', architecture: x86_64}", "repositories:"]
    for name, priority in case.repositories:
        lines += [f"  - id: {name}", f"    url: {place(name)}", f"    priority: {priority}", "    trust: none",
                  "    trust-reason: metadata alone is compared", f"    keys: [{{file: {KEY}, fingerprint: {FINGERPRINT}}}]"]
    lines += [f"weak-dependencies: {str(case.weak).lower()}", f"multilib: {str(case.multilib).lower()}"]
    for key, items in (("exclude", case.exclude), ("modules", case.modules), ("packages", case.wishes)):
        if items:
            lines += [f"{key}:"] + ["  - '" + item + "'" for item in items]
    return "\n".join(lines) + "\n"


def ask_us(case):
    path = f"{SCRATCH}/recipe.yaml"
    with open(path, "w", encoding="utf-8") as out:
        out.write(recipe(case))
    done = subprocess.run(["imagebuild", "--store", f"{SCRATCH}/store", "resolve", path], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    return (sorted(done.stdout.split()), done.stderr) if done.returncode == 0 else (None, done.stderr)


def names_the_same(theirs, ours, wishes):
    """Whether ours tells what dnf's words name: a missing thing, a package, or at least the wish."""
    missing = re.findall(r"nothing provides (.*?) needed by", theirs)
    if any(f"nothing provides '{what}'" in ours for what in missing):
        return True
    named = set(re.findall(r"[\w.+~^-]+-[\w.+~^:]+-[\w.+~^]+\.(?:x86_64|noarch|i686)", theirs))
    return any(name in ours for name in named) if named else any(wish.lstrip("@") in ours for wish in wishes)


def run(case):
    theirs, their_words = ask_dnf(case)
    ours, our_words = ask_us(case)
    if os.environ.get("SHOW"):
        print(f"== {case.line}\n-- dnf\n{their_words or len(theirs)}\n-- ours\n{our_words or len(ours)}")
    same = theirs == ours and (theirs is not None or (names_the_same(their_words, our_words, case.wishes + [module.split(":")[0] for module in case.modules]) and "hint:" in our_words))
    if same == (case.differs is None):
        return theirs is None, True
    print(f"{'not the same' if not same else 'differs no longer'}: {case.line}")
    if theirs and ours:
        print("  dnf alone:  " + " ".join(sorted(set(theirs) - set(ours))[:8]))
        print("  ours alone: " + " ".join(sorted(set(ours) - set(theirs))[:8]))
    else:
        print(f"  dnf:  {their_words.strip() or len(theirs)}\n  ours: {our_words.strip() or len(ours)}")
    return False, False


def main():
    logging.getLogger("dnf").setLevel(logging.CRITICAL)
    with open(CASES, encoding="utf-8") as text:
        short, _, long = text.read().partition("# long")
    lines = (short + ("#" + long if os.environ.get("CHECK_ALL") else "")).splitlines()
    cases = [Case(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
    only = os.environ.get("ONLY")
    if not os.path.isdir(REAL["node"]):
        cases = [case for case in cases if "node" not in dict(case.repositories)]
    results = [run(case) for case in cases if not only or only in case.line]
    refused = sum(refusal for refusal, _ in results)
    if not all(good for _, good in results):
        sys.exit(1)
    print(f"{len(results)} sets of wishes as dnf resolves them, {refused} of them refused for its reasons")


main()
