# SPDX-License-Identifier: Apache-2.0
"""What check-foreign looks at. usage: foreign.py BUILD [LOCKS]"""
import json
import os
import re
import subprocess
import sys

import jsonschema
import yaml

BUILD, LOCKS = sys.argv[1], sys.argv[2]
OWN = "imagebuild/tests/cli/data/foreign"
SCHEMA = json.load(open("imagebuild/tests/package/rpms-lock.schema.json", encoding="utf-8"))
RPMS_LOCK = jsonschema.Draft7Validator(SCHEMA)


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def imagebuild(*words, status=0):
    ran = subprocess.run(["imagebuild", *words], capture_output=True, text=True, check=False)
    assert ran.returncode == status, f"{words}: ended with {ran.returncode}: {ran.stderr}"
    return ran


def find(is_wanted):
    for folder, _, names in sorted(os.walk(LOCKS)) if LOCKS else ():
        for name in sorted(names):
            if is_wanted(os.path.join(folder, name)):
                yield os.path.join(folder, name)


# Types count: 1 is not "1", and 2024-01-02 is a day.
def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return a == b


def check_round_trip():
    locks = [(path, "rpms.lock") for path in find(lambda path: path.endswith("lock.yaml"))]
    locks += [(path, "packages.manifest")
              for path in find(lambda path: path.endswith("data/manifest/simple.yaml"))]
    assert not LOCKS or len(locks) == 95, f"{len(locks)} examples of locks"
    locks += [(f"{OWN}/whole.lock.yaml", "rpms.lock"),
              (f"{OWN}/whole.manifest.yaml", "packages.manifest")]
    packages = 0
    for path, form in locks:
        once = imagebuild("import", path, "--format", form).stdout
        assert same(yaml.safe_load(once), load(path)), f"{path} is written as another document"
        packages += once.count("size: ")
        with open(f"{BUILD}/foreign.yaml", "w", encoding="utf-8") as file:
            file.write(once)
        again = imagebuild("import", f"{BUILD}/foreign.yaml", "--format", form).stdout
        assert again == once, f"{path}: what was written reads as something else"
        if form == "rpms.lock" and not path.startswith(OWN):
            RPMS_LOCK.validate(load(path))
    os.unlink(f"{BUILD}/foreign.yaml")
    return f"{len(locks)} locks with {packages} entries are the same when written again"


# Every scalar of the file: its text, and the lines that a word about it may name.
def leaves(node, lines=(), key=""):
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            more = (*lines, name.start_mark.line + 1, value.start_mark.line + 1)
            yield from leaves(value, more, name.value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from leaves(value, (*lines, value.start_mark.line + 1), key)
    else:
        yield key, node.value, (*lines, node.start_mark.line + 1)


def texts(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    else:
        yield str(value)


# "arches" of a package stand in the recipe as the part that the package is in.
def check_parts(path, asked, recipe):
    for package in asked.get("packages", []):
        if not isinstance(package, dict) or "arches" not in package:
            continue
        machines = recipe["image"].get("architectures", [recipe["image"]["architecture"]])
        only, but = package["arches"].get("only"), package["arches"].get("not", [])
        for machine in machines:
            wanted = machine in only if only else machine not in but
            there = recipe.get("packages", []) + recipe.get("architectures", {}).get(
                machine, {}).get("packages", [])
            assert wanted == (package["name"] in there), f"{path}: {package} for {machine}"


def check_recipe(path):
    ran = imagebuild("import", path)
    recipe, asked = yaml.safe_load(ran.stdout), load(path)
    told = {int(line) for line in re.findall(r":(\d+):\d+: ", ran.stderr)}
    said = set(texts(recipe))
    for key, text, lines in leaves(yaml.compose(open(path, encoding="utf-8"))):
        variants = [text.replace("$basearch", machine).replace("$arch", machine)
                    for machine in ("x86_64", "aarch64")]
        if said & {text, *variants} or told & set(lines) or key in ("only", "not", "document"):
            continue
        if key == "installWeakDeps":
            assert recipe.get("weak-dependencies", False) == asked[key], path
        elif key == "version":
            assert asked["document"] == "rpm-package-input"
        else:
            assert (key, text) == ("bare", "true") or key == "INLINE_PKG", \
                f"{path}: {key}: {text} is lost without a word"
    check_parts(path, asked, recipe)
    comments = [line[4:] for line in ran.stdout.splitlines() if line.startswith("#   ")]
    warnings = ran.stderr.splitlines()
    assert len(comments) == len(warnings), f"{path}: the recipe does not say what was left out"
    return recipe


def check_asks():
    asks = list(find(lambda path: os.path.basename(path) == "rpms.in.yaml"))
    asks += find(lambda path: re.search(r"data/input/(simple|prototype)\.yaml$", path))
    assert not LOCKS or len(asks) == 98, f"{len(asks)} examples of files that ask"
    for path in asks:
        check_recipe(path)
    return f"{len(asks)} files that ask for packages lose nothing silently"


# With keys put in, what was asked for is a recipe that is good.
def check_recipe_is_good():
    text = imagebuild("import", f"{OWN}/whole.manifest.yaml").stdout
    path = f"{BUILD}/foreign.recipe.yaml"
    key = "[{file: key.asc, fingerprint: " + 40 * "A" + "}]"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    assert "has no keys" in imagebuild("check", path, status=2).stderr
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("keys: []", f"keys: {key}"))
    assert "there is no key" in imagebuild("check", path, status=2).stderr
    os.unlink(path)
    return "a recipe made by import is refused for its keys alone"


def check_malformed():
    if LOCKS:
        for path in find(lambda path: re.search(r"data/(manifest|input)/invalid\.yaml$", path)):
            ran = imagebuild("import", path, status=2)
            assert re.search(r"invalid\.yaml:2:\d+: ", ran.stderr), ran.stderr
    return "malformed ones are refused with their place"


# What a lock of ours says, as a YAML reader that is not ours takes it.
def locked_rows(lock):
    for part in load(lock)["architectures"]:
        for package in part["packages"]:
            rest, arch = package["nevra"].rsplit(".", 1)
            name, version, release = rest.rsplit("-", 2)
            yield (part["architecture"], arch, name, f"{version}-{release}", package["repository"],
                   package["location"], "sha256:" + package["sha256"], package["size"],
                   package["source"])


def export(recipe, lock, form, *words):
    return yaml.safe_load(imagebuild("export", recipe, "--lock", lock, "--format", form,
                                     *words).stdout)


def check_rpms_lock(recipe, lock, base):
    document = export(recipe, lock, "rpms.lock", *base)
    RPMS_LOCK.validate(document)
    for change in (lambda: document.update(lockfileVersion=2),
                   lambda: document["arches"][0].update(packages=None),
                   lambda: document["arches"][0]["packages"][0].pop("url")):
        change()
        assert not RPMS_LOCK.is_valid(document), "the schema lets everything in"
        document = export(recipe, lock, "rpms.lock", *base)
    rows = set()
    for part in document["arches"]:
        for package in part["packages"]:
            arch = package["url"].rsplit(".", 2)[1]
            location = package["url"][package["url"].index("Packages/"):]
            rows.add((part["arch"], arch, package["name"], package["evr"], package["repoid"],
                      location, package["checksum"], package["size"], package["sourcerpm"]))
    assert rows == set(locked_rows(lock)), "rpms.lock says something else than the lock"


def check_manifest(recipe, lock, base):
    document = export(recipe, lock, "packages.manifest", *base)
    if LOCKS:
        schema = f"{LOCKS}/rpm-software-management_libpkgmanifest/schemas/manifest.json"
        valid = jsonschema.Draft7Validator(json.load(open(schema, encoding="utf-8")))
        valid.validate(document)
        document["data"]["packages"]["noarch"][0].pop("checksum")
        assert not valid.is_valid(document), "the schema lets everything in"
        document = export(recipe, lock, "packages.manifest", *base)
    ids = {repository["id"] for repository in document["data"]["repositories"]}
    rows = set()
    for arch, packages in document["data"]["packages"].items():
        for package in packages:
            assert package["repo_id"] in ids
            machine = "x86_64" if arch == "i686" else arch
            for parent in package.get("parent_archs", [machine]):
                rows.add((parent, arch, package["name"], package["evr"], package["repo_id"],
                          package["location"], package["checksum"], package["size"],
                          package["srpm"] + ".rpm"))
    assert rows == set(locked_rows(lock)), "the manifest says something else than the lock"


def check_export():
    locks = [(f"{OWN}/both.yaml", f"{OWN}/both.lock", ["--base", "tools=https://example.org/$arch"])]
    if os.path.exists(f"{BUILD}/node.lock"):
        locks.append(("recipes/node.yaml", f"{BUILD}/node.lock", ["--base", "base=https://example.org"]))
    for recipe, lock, base in locks:
        check_rpms_lock(recipe, lock, base)
        check_manifest(recipe, lock, base)
    return f"{len(locks)} locks of ours are valid in both formats and say the same there"


# What ends a line, hides or turns the writing, for some reader: each in each place that is told.
NASTY = [*range(1, 0x20), 0x22, 0x23, 0x27, 0x5c, *range(0x7f, 0xa1), 0x61c, 0x200e, 0x200f,
         *range(0x2028, 0x202f), *range(0x2066, 0x206a), 0xfeff, 0xfffe, 0xffff]
HIDDEN = set(map(chr, NASTY)) - set("\n\"#'\\\xa0")


def write(name, text):
    path = f"{BUILD}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


# JSON is YAML where only ASCII is in it.
def read_hostile(name, document):
    path = write(name, json.dumps(document))
    text = imagebuild("import", path).stdout
    assert not HIDDEN & set(text), f"{ascii(HIDDEN & set(text))} is in the recipe of {document}"
    os.unlink(path)
    return yaml.safe_load(text)


def check_hostile():
    for point in NASTY:
        evil = f"x{chr(point)}multilib: true{chr(point)}#"
        recipe = read_hostile("hostile.rpms.in.yaml", {
            "arches": ["x86_64", evil], "moduleEnable": [evil.replace(":", "")],
            "contentOrigin": {evil: 1, "repos": [
                {"repoid": evil, "baseurl": "https://h/" + evil, "name": evil, evil: evil}]},
            "packages": ["p" + evil, {"name": "bash", evil: 1}, "*" + evil],
            "upgradePackages": [evil], "excludePackages": [evil]})
        assert set(recipe) == {"format", "image", "repositories", "packages", "exclude",
                               "weak-dependencies"}, f"U+{point:04X}: {recipe}"
        assert recipe["packages"] == ["p" + evil, "bash"], f"U+{point:04X}: {recipe}"
        assert recipe["exclude"] == [evil], f"U+{point:04X}: {recipe}"
        assert [set(row) for row in recipe["repositories"]] == [{"id", "url", "keys"}]
        assert recipe["repositories"][0]["url"] == "https://h/" + evil, f"U+{point:04X}: {recipe}"
        recipe = read_hostile("hostile.rpms.lock.yaml", {
            "lockfileVersion": 1, "lockfileVendor": "redhat", "arches": [
                {"arch": "x86_64", "packages": [
                    {"url": "https://h/x/a-1-1.x86_64.rpm", "repoid": evil, "name": "a"},
                    {"url": "https://h/" + evil}]}]})
        assert set(recipe) == {"format", "image", "repositories", "packages"}, recipe
        assert recipe["packages"] == ["a"], recipe
    return f"{len(NASTY)} characters put no key into a recipe, and none that hides"


# Plain in theirs, and with a break in it that a reader may fold: text all the same.
def check_hostile_extras():
    for value in ("a\u2028    b", "a\u2028    - b", "{k: \u2028  b}", "a\u0085    b", "a\u202eb",
                  "[a\u2029    b, 2]"):
        path = write("hostile.lock.yaml", "lockfileVersion: 1\nlockfileVendor: redhat\narches: []\n"
                     f"note: {value}\n")
        once = imagebuild("import", path, "--format", "rpms.lock").stdout
        assert not HIDDEN & set(once), ascii(once)
        assert yaml.safe_load(once) == load(path), f"{ascii(value)} becomes {ascii(once)}"
        write("hostile.lock.yaml", once)
        assert imagebuild("import", path, "--format", "rpms.lock").stdout == once
    os.unlink(path)
    return "plain text with breaks that are no line feeds is the same when written again"


# 400 MB come of 220 KB by variables, and of 7 MB by a name that is told for each option.
def check_bombs():
    head = "arches: [x86_64]\ncontentOrigin: {repos: []}\n"
    variables = head + "variables:\n  - inline: {x: %s}\npackages:\n" % (200000 * "A")
    variables += "".join('  - "p%d{x}{x}{x}{x}"\n' % number for number in range(500))
    names = head + "packages:\n  - name: %s\n" % (6000000 * "a")
    names += "".join("    o%d: 1\n" % number for number in range(66))
    for text in (variables, names):
        path = write("bomb.yaml", text)
        ran = imagebuild("import", path, status=1)
        assert "more than 64 MiB of text" in ran.stderr and not ran.stdout, ran.stderr[:500]
    os.unlink(path)
    return "files that blow up are refused"


SECRETS = ("password", "username", "proxy", "proxy_password", "sslclientkey", "sslclientcert",
           "token")


def check_secrets():
    repository = {key: "hunter2" for key in SECRETS}
    repository.update(repoid="base", baseurl="https://bob:hunter2@h/os",
                      gpgkey="https://bob:hunter2@h/key")
    more = {"repoid": "more", "baseurl": "https://bob:hunter2@h/$releasever"}
    url = "https://bob:hunter2@h/os/"
    documents = [
        {"contentOrigin": {"repos": [repository, more]},
         "packages": ["bash", url + "a.rpm", url + "{NO}", url + "*"]},
        {"lockfileVersion": 1, "lockfileVendor": "redhat", "arches": [
            {"arch": "x86_64", "packages": [
                {"url": url + "a-1-1.x86_64.rpm", "repoid": "base", "name": "a"},
                {"url": url + "b-1-1.x86_64.rpm", "repoid": "base"}]}]}]
    for document in documents:
        path = write("secret.yaml", json.dumps(document))
        ran = imagebuild("import", path)
        for text in (ran.stdout, ran.stderr):
            assert "hunter2" not in text and "bob" not in text, text
        assert yaml.safe_load(ran.stdout)["repositories"][0]["url"].rstrip("/") == "https://h/os"
        assert "the user and the password in the URL of repository 'base'" in ran.stderr
    os.unlink(path)
    ran = imagebuild("export", f"{OWN}/both.yaml", "--format", "rpms.lock", "--base",
                     "tools=https://bob:hunter2@h/$arch")
    assert "hunter2" not in ran.stdout + ran.stderr, ran
    assert "https://h/x86_64/" in ran.stdout
    assert "the user and the password in the URL of repository 'tools'" in ran.stderr
    return "no password of a repository is told or written"


CHECKS = (check_round_trip, check_asks, check_recipe_is_good, check_malformed, check_export,
          check_hostile, check_hostile_extras, check_bombs, check_secrets)
print(f"1..{len(CHECKS)}")
for number, check in enumerate(CHECKS, 1):
    print(f"ok {number} - {check()}")
