# SPDX-License-Identifier: Apache-2.0
"""The compiled SELinux policy of a policy package.

Debian ships the policy's modules and links them in a postinst, into a store
below /var. An image wants what comes out of that: the binary policy and the
contexts of all files. So they are made here, by semodule in a root of its own,
without rights, and packaged; the modules stay outside. Linking takes some
twenty seconds, so the result is kept by what it follows from.
"""

import glob
import hashlib
import os
import shutil
import subprocess

# The accounts of the machine that packages must not reach the homes' contexts.
SEMANAGE = "module-store = direct\nexpand-check = 0\nusepasswd = false\n"
TOOLS = ("libsemanage2", "libsepol2", "policycoreutils")


class PolicyError(RuntimeError):
    """The policy could not be linked."""


def results(flavour):
    """Patterns of what is packaged; the compiled contexts depend on the version of a library, so they are not."""
    folder = f"etc/selinux/{flavour}"
    files = f"{folder}/contexts/files/file_contexts"
    return [f"{folder}/policy/policy.*", f"{folder}/seusers", files, files + ".homedirs"]


def key(deb_path, rule):
    """What the result follows from: the package, the rule, this file, the tools."""
    total = hashlib.sha256(repr(sorted(rule.items())).encode())
    for path in (deb_path, __file__):
        with open(path, "rb") as data:
            total.update(hashlib.file_digest(data, "sha256").digest())
    versions = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *TOOLS], stdout=subprocess.PIPE, check=False)
    total.update(versions.stdout)
    return total.hexdigest()


def link(deb_path, rule, folder):
    """Runs semodule on the package's modules; folder is a root that gets the result."""
    flavour = rule["flavour"]
    source = os.path.join(folder, "source")
    os.makedirs(source)
    subprocess.run(["dpkg-deb", "-x", deb_path, source], check=True)
    shutil.copytree(os.path.join(source, "etc"), os.path.join(folder, "etc"))
    with open(os.path.join(folder, "etc/selinux/semanage.conf"), "w", encoding="ascii") as out:
        out.write(SEMANAGE)
    with open(os.path.join(folder, "etc/selinux/config"), "w", encoding="ascii") as out:
        out.write(f"SELINUX=permissive\nSELINUXTYPE={flavour}\n")
    os.makedirs(os.path.join(folder, "var/lib/selinux", flavour, "active/modules"))
    modules = os.path.join(source, "usr/share/selinux", flavour)
    with open(os.path.join(modules, ".modules"), encoding="ascii") as text:
        names = sorted(set(text.read().split()) - set(rule.get("without", [])))
    command = [shutil.which("semodule", path="/usr/sbin:/sbin:/usr/bin") or "semodule", "-X", "100", "-n", "-p", folder, "-S", "/var/lib/selinux", "-s", flavour]
    for name in names:
        command += ["-i", os.path.join(modules, name + ".pp.bz2")]
    run = subprocess.run(command, env={"PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode != 0:
        raise PolicyError(f"semodule could not link the policy of {os.path.basename(deb_path)}:\n{run.stdout[-2000:]}")


def add(payload, deb_path, rule, cache):
    """The compiled policy as files of the package."""
    kept = os.path.join(cache, key(deb_path, rule))
    if not os.path.isdir(kept):
        work = kept + ".work"
        shutil.rmtree(cache, ignore_errors=True)
        os.makedirs(work)
        link(deb_path, rule, work)
        for pattern in results(rule["flavour"]):
            found = glob.glob(os.path.join(work, pattern))
            if len(found) != 1:
                raise PolicyError(f"semodule left {len(found)} files '{pattern}'")
            path = os.path.join(work, "kept", os.path.relpath(found[0], work))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copyfile(found[0], path)
        os.rename(os.path.join(work, "kept"), kept)
        shutil.rmtree(work)
    payload.add_folder(kept)
