# SPDX-License-Identifier: Apache-2.0
"""A repository of packages that tests make: rpmbuild, a throw-away key, createrepo_c."""
import os
import re
import shutil
import subprocess

from rpmroot import run

SPEC = """\
Name: {name}
Version: 1
Release: 1
Summary: made by a test
License: Apache-2.0
{tags}
AutoReqProv: no
%description
Made by a test.
{scripts}
%files -f {work}/{name}.files
"""
MACROS = {
    "__os_install_post": "%{nil}", "debug_package": "%{nil}", "_build_id_links": "none", "_binary_payload": "w3.zstdio",
    "_invalid_encoding_terminates_build": "0", "_unpackaged_files_terminate_build": "0", "_buildhost": "test",
    "_binaries_in_noarch_packages_terminate_build": "0", "use_source_date_epoch_as_buildtime": "1",
}
RECIPE = """\
format: 1
include: [{include}]
image: {{id: made, version: "1", architecture: x86_64}}
repositories:
  - {{id: made, url: "{folder}", keys: [{{file: "{key}", fingerprint: {fingerprint}}}]}}
packages: [{packages}]
root: {{compression: none}}
outputs: [root, sbom]
signing: {{statements: {{key: "{work}/statements.key"}}}}
"""


def must(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, errors="surrogateescape", check=False, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Repository:
    """Packages in work/repo; `base` is the included recipe with the local repository."""

    def __init__(self, work, base):
        self.work, self.base = work, base
        self.folder = work + "/repo"
        self.home = work + "/gnupg"
        os.makedirs(self.folder)
        os.mkdir(self.home, 0o700)
        must("gpg", "--homedir", self.home, "--batch", "--passphrase", "", "--quick-gen-key", "test <test@example.invalid>", "ed25519", "sign", "never")
        listing = must("gpg", "--homedir", self.home, "--batch", "--with-colons", "--list-keys")
        self.fingerprint = re.search(r"^fpr:+([0-9A-F]{40}):", listing, re.MULTILINE)[1]
        must("openssl", "genpkey", "-algorithm", "ed25519", "-out", work + "/statements.key")
        self.key = work + "/key.asc"
        with open(self.key, "w", encoding="ascii") as out:
            out.write(must("gpg", "--homedir", self.home, "--batch", "--armor", "--export"))

    def close(self):
        run("gpgconf", "--homedir", self.home, "--kill", "all")

    def build(self, name, fill, files, tags="", scripts="", arch="noarch"):
        """fill(root) makes the build root; files are lines of %files. Returns the .rpm, not yet signed."""
        root = f"{self.work}/root-{name}"
        os.makedirs(root)
        fill(root)
        with open(f"{self.work}/{name}.files", "wb") as out:
            out.write("".join(line + "\n" for line in files).encode("utf-8", "surrogateescape"))
        spec = f"{self.work}/{name}.spec"
        with open(spec, "w", encoding="utf-8") as out:
            out.write(SPEC.format(name=name, work=self.work, tags=tags, scripts=scripts))
        macros = [f"--define={key} {value}" for key, value in MACROS.items()]
        must("rpmbuild", "-bb", "--quiet", "--target", arch, "--buildroot", root, f"--define=_topdir {self.work}/top",
             f"--define=_rpmdir {self.folder}", "--define=_rpmfilename %{NAME}.rpm", *macros, spec,
             env=dict(os.environ, SOURCE_DATE_EPOCH="1700000000", HOME=self.work, LC_ALL="C.UTF-8"))
        shutil.rmtree(root, ignore_errors=True)
        return f"{self.folder}/{name}.rpm"

    def finish(self):
        """Signs every package and the index."""
        packages = [f"{self.folder}/{name}" for name in sorted(os.listdir(self.folder)) if name.endswith(".rpm")]
        must("rpmsign", "--addsign", "--define=_gpg_name " + self.fingerprint, f"--define=_gpg_path {self.home}", "--define=__gpg /usr/bin/gpg",
             f"--define=_tmppath {self.work}", *packages, env=dict(os.environ, HOME=self.work))
        must("createrepo_c", "--quiet", self.folder)
        repomd = self.folder + "/repodata/repomd.xml"
        if os.path.exists(repomd + ".asc"):
            os.remove(repomd + ".asc")
        must("gpg", "--homedir", self.home, "--batch", "--armor", "--detach-sign", repomd)

    def recipe(self, name, packages, more=""):
        path = f"{self.work}/{name}.yaml"
        with open(path, "w", encoding="ascii") as out:
            out.write(RECIPE.format(include=self.base, folder=self.folder, key=self.key, work=self.work, fingerprint=self.fingerprint, packages=", ".join(packages)) + more)
        return path

    def image(self, recipe, only_root=False):
        """(the image or None, exit status, what was said); locks and builds."""
        words = ["imagebuild", "--store", self.work + "/store"]
        out = recipe.removesuffix(".yaml") + ".out"
        done = run(*words, "lock", "--quiet", recipe)
        if not done.returncode:
            done = run(*words, "build", "--quiet", recipe, "-o", out, *(["--only", "root"] if only_root else []))
        found = [os.path.join(out, name) for name in os.listdir(out) if name.endswith(".root.erofs")] if not done.returncode else [None]
        return found[0], done.returncode, done.stderr
