# SPDX-License-Identifier: Apache-2.0
"""The second state: the same repository some time later.

Three packages are newer there: one that is nothing but data, one service,
and one library that much of the set is linked to. Their content differs for
real, so that an image built from it differs, and so does the cache's work.
"""

DAY = 86400

SUFFIXES = {"tzdata": "+ib1", "openssh-server": "+ib1", "zlib1g": "+ib1"}

# What an advisory of the first state is about; the second adds the changed ones.
ADVISED = ("openssl",)


def later(payload):
    payload.newest += DAY


def change_tzdata(payload):
    later(payload)
    path = "usr/share/zoneinfo/tzdata.zi"
    where = payload.place(path)
    with open(where, "rb") as data:
        text = data.read()
    payload.add_bytes(path, text + b"# second state\n", payload.newest)


def change_openssh(payload):
    later(payload)
    path = "etc/ssh/sshd_config"
    with open(payload.place(path), "rb") as data:
        text = data.read()
    payload.add_bytes(path, text + b"\n# Second state: fewer guesses for each connection.\nMaxAuthTries 3\n", payload.newest)


def change_zlib(payload):
    """The loader ignores what follows the last section: another library, the same behaviour."""
    later(payload)
    path = next(path for path, entry in sorted(payload.entries.items()) if entry.kind == "file" and "/libz.so." in path)
    with open(payload.place(path), "rb") as data:
        code = data.read()
    payload.add_bytes(path, code + b"second state".ljust(64, b"\0"), payload.newest)


CHANGES = {"tzdata": change_tzdata, "openssh-server": change_openssh, "zlib1g": change_zlib}


def advised(results, number):
    names = set(ADVISED) | (set(CHANGES) if number == 2 else set())
    return [result for result in results if result["name"] in names]
