# SPDX-License-Identifier: Apache-2.0
"""Changes bytes of a built package that rpmbuild would not write: header and payload alike.

Every edit keeps its length, so that no offset moves. The digests of the payload
are put right in the header, those of the header in front of it; rpmsign signs the
package then like any other.
"""
import hashlib
import struct
import subprocess

LEAD = 96
MAGIC = b"\x8e\xad\xe8\x01"
PAYLOAD_DIGESTS = (5092, 5097)
SIZE, MD5, SHA1, SHA256 = 1000, 1004, 269, 273


def header_at(data, at):
    """(where the index begins, where the store begins, where the header ends)"""
    if data[at:at + 4] != MAGIC:
        raise ValueError("no header where one belongs")
    count, size = struct.unpack(">II", data[at + 8:at + 16])
    store = at + 16 + 16 * count
    return at + 16, store, store + size


def zstd(data, *words):
    return subprocess.run(["zstd", "-q", "-c", *words], input=data, stdout=subprocess.PIPE, check=True).stdout


def replace(where, old, new, what):
    if len(old) != len(new):
        raise ValueError(f"{old} and {new} are not of the same length")
    if old not in where:
        raise ValueError(f"{old} is not in the {what}")
    return where.replace(old, new)


def mutate(path, edits, payload_edits=()):
    """edits: pairs of bytes (NUL-ended strings of the header, best given with their NULs)."""
    with open(path, "rb") as package:
        data = package.read()
    front, front_store, end = header_at(data, LEAD)
    main = (end + 7) // 8 * 8
    index, store, end = header_at(data, main)
    strings, payload = bytearray(data[store:end]), zstd(data[end:], "-d")
    for old, new in edits:
        strings = bytearray(replace(bytes(strings), old, new, "header"))
    for old, new in payload_edits:
        payload = replace(payload, old, new, "payload")
    packed = zstd(payload, "-3", "--no-check")
    for at in range(index, store, 16):
        tag, _, offset, _ = struct.unpack(">IIII", data[at:at + 16])
        if tag in PAYLOAD_DIGESTS:
            of = packed if tag == PAYLOAD_DIGESTS[0] else payload
            strings[offset:offset + 64] = hashlib.sha256(of).hexdigest().encode("ascii")
    header = data[main:store] + bytes(strings)
    before = bytearray(data[:main])
    values = {SIZE: struct.pack(">I", len(header) + len(packed)), MD5: hashlib.md5(header + packed).digest(),
              SHA1: hashlib.sha1(header).hexdigest().encode("ascii"), SHA256: hashlib.sha256(header).hexdigest().encode("ascii")}
    for at in range(front, front_store, 16):
        tag, _, offset, _ = struct.unpack(">IIII", data[at:at + 16])
        if tag in values:
            before[front_store + offset:front_store + offset + len(values[tag])] = values[tag]
    with open(path, "wb") as package:
        package.write(bytes(before) + header + packed)
