# SPDX-License-Identifier: Apache-2.0
"""Which .debs: resolved by apt against an empty system, fetched once, kept.

apt's own state is never touched: its status file is empty, its caches lie in
our build folder, and only the package lists are the host's (or are fetched
into the build folder when the host has none). What was fetched stays the
answer until the wishes change or a refresh is asked for.
"""

import glob
import json
import os
import subprocess


class ArchiveError(Exception):
    """apt could not resolve or fetch; the text says what to do."""


def apt_options(work, debs):
    lists = "/var/lib/apt/lists"
    if not glob.glob(lists + "/*_Packages*") or not os.access(lists, os.R_OK | os.X_OK):
        lists = os.path.join(work, "apt", "lists")
    settings = {
        "Dir::State": os.path.join(work, "apt"),
        "Dir::State::status": os.path.join(work, "apt", "status"),
        "Dir::State::lists": lists,
        "Dir::Cache": os.path.join(work, "apt"),
        "Dir::Cache::archives": debs,
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::Log": os.path.join(work, "apt"),
        "APT::Architecture": "amd64",
        "APT::Architectures": "amd64",
        "APT::Install-Recommends": "0",
        "APT::Install-Suggests": "0",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
        "Debug::NoLocking": "1",
        "Acquire::Retries": "3",
    }
    options = [word for key, value in settings.items() if value for word in ("-o", f"{key}={value}")]
    return options, lists


def run_apt(options, *words):
    command = ["apt-get", "-q", "-y", *options, *words]
    environment = {key: value for key, value in os.environ.items() if key.endswith(("_proxy", "_PROXY")) or key in ("PATH", "HOME")}
    run = subprocess.run(command, env={**environment, "LC_ALL": "C"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode != 0:
        raise ArchiveError(run.stdout.strip() + "\nRun 'apt-get update' if the package lists are old, then try again.")
    return run.stdout


def fetch(wishes, work, debs, refresh):
    """The paths of the closure's .debs, fetched where they are missing."""
    record = os.path.join(debs, "closure.json")
    try:
        with open(record, encoding="ascii") as text:
            known = json.load(text)
    except (OSError, ValueError):
        known = {}
    if known.get("wishes") == wishes and not refresh:
        paths = [os.path.join(debs, name) for name in known["files"]]
        if all(os.path.exists(path) for path in paths):
            return paths
    os.makedirs(os.path.join(debs, "partial"), exist_ok=True)
    os.makedirs(os.path.join(work, "apt"), exist_ok=True)
    with open(os.path.join(work, "apt", "status"), "w", encoding="ascii"):
        pass
    options, lists = apt_options(work, debs)
    if lists.startswith(work):
        os.makedirs(os.path.join(lists, "partial"), exist_ok=True)
        run_apt(options, "update")
    # What is already there is not printed, so the set comes from a resolution that ignores the folder.
    nowhere = os.path.join(work, "apt", "nowhere")
    os.makedirs(os.path.join(nowhere, "partial"), exist_ok=True)
    listing = run_apt(options + ["-o", f"Dir::Cache::archives={nowhere}"], "--print-uris", "install", *wishes)
    names = sorted(line.split()[1] for line in listing.splitlines() if line.startswith("'"))
    if not names:
        raise ArchiveError("apt named no package; are there sources for Debian 12 in /etc/apt?")
    run_apt(options, "--download-only", "install", *wishes)
    missing = [name for name in names if not os.path.exists(os.path.join(debs, name))]
    if missing:
        raise ArchiveError(f"apt did not fetch {', '.join(missing)}")
    with open(record + ".new", "w", encoding="ascii") as out:
        json.dump({"wishes": wishes, "files": names}, out, indent=1)
    os.rename(record + ".new", record)
    return [os.path.join(debs, name) for name in names]
