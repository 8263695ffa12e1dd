#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What lies below a remote cache, read and forged: a second reader of its form.

    remotecache.py list FOLDER                  package's sha256, bytes of its blocks, their digest, signed?
    remotecache.py forge FOLDER HOW SHA256 [X]  what a hostile or broken server would have for that package

An answer is an ActionResult (protobuf) whose standard output is the statement, or a DSSE envelope of it.
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

TYPE = "application/vnd.imagebuild.blocks+json"


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at += 1
        shift += 7
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    at, found = 0, []
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        else:
            assert tag & 7 == 2
            size, at = varint(data, at)
            value = data[at : at + size]
            at += size
        found.append((tag >> 3, value))
    return found


def put_varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def put(field, value):
    if isinstance(value, int):
        return put_varint(field << 3) + put_varint(value)
    return put_varint(field << 3 | 2) + put_varint(len(value)) + value


class Answer:
    def __init__(self, path):
        self.path = path
        found = fields(open(path, "rb").read())
        files = [dict(fields(value)) for field, value in found if field == 2]
        (text,) = [value for field, value in found if field == 5]
        outer = json.loads(text)
        self.is_signed = "payloadType" in outer
        self.signatures = outer.get("signatures", [])
        self.said = json.loads(base64.b64decode(outer["payload"])) if self.is_signed else outer
        # what a server sees is what the statement says
        for name, file in zip(("blocks", "facts"), files):
            digest = dict(fields(file[2]))
            assert file[1].decode() == name
            assert digest[1].decode() == self.said[name]["sha256"]
            assert digest[2] == self.said[name]["size"]
        key = self.said["key"]
        assert hashlib.sha256(key.encode()).hexdigest() == os.path.basename(path)
        self.package = key.split("package ")[1].split("\n")[0]

    def write(self, key=None):
        text = json.dumps(self.said).encode()
        if key:
            pae = b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(text), text)
            with tempfile.NamedTemporaryFile() as file:
                file.write(pae)
                file.flush()
                signature = subprocess.run(
                    ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", file.name],
                    check=True, capture_output=True).stdout
            self.signatures = [{"keyid": "", "sig": base64.b64encode(signature).decode()}]
        if self.signatures:
            text = json.dumps({"payloadType": TYPE, "payload": base64.b64encode(text).decode(),
                               "signatures": self.signatures}).encode()
        out = b""
        for name in ("blocks", "facts"):
            blob = self.said[name]
            digest = put(1, blob["sha256"].encode()) + put(2, blob["size"])
            out += put(2, put(1, name.encode()) + put(2, digest))
        replace(self.path, out + put(5, text))


def replace(path, data):
    with open(path, "wb") as file:
        file.write(data)


def all_answers(folder):
    names = sorted(os.listdir(folder + "/ac"))
    return [Answer(folder + "/ac/" + name) for name in names]


class Entry:
    """Blocks, tails, index, footer, as image/blocks.h says."""

    def __init__(self, data):
        number = lambda at, size: int.from_bytes(data[at : at + size], "little")
        end = len(data) - 32
        blocks, tails, index = number(end, 8) * 4096, number(end + 8, 8), number(end + 16, 8)
        at = blocks + tails
        size = number(at, 4)
        self.form = data[at + 4 : at + 4 + size]
        at += 4 + size
        self.files = []
        count = number(at, 4)
        at += 4
        block, tail = 0, blocks
        for _ in range(count):
            file = {"file": number(at, 4), "size": number(at + 4, 8), "sha256": data[at + 12 : at + 44],
                    "sha1": data[at + 44 : at + 64], "compressed": data[at + 64]}
            n, t, e = number(at + 65, 4), number(at + 69, 4), number(at + 73, 4)
            at += 77
            file["extents"] = [number(at + 4 * i, 4) for i in range(e)]
            at += 4 * e
            file["blocks"] = bytearray(data[block : block + n * 4096])
            file["tail"] = bytearray(data[tail : tail + t])
            block += n * 4096
            tail += t
            self.files.append(file)
        assert at == end and block == blocks and at - blocks - tails == index

    def bytes(self):
        blocks = b"".join(bytes(f["blocks"]) for f in self.files)
        tails = b"".join(bytes(f["tail"]) for f in self.files)
        index = len(self.form).to_bytes(4, "little") + self.form + len(self.files).to_bytes(4, "little")
        for f in self.files:
            index += f["file"].to_bytes(4, "little") + f["size"].to_bytes(8, "little") + f["sha256"] + f["sha1"]
            index += bytes([f["compressed"]])
            for number in (len(f["blocks"]) // 4096, len(f["tail"]), len(f["extents"]), *f["extents"]):
                index += number.to_bytes(4, "little")
        return (blocks + tails + index + (len(blocks) // 4096).to_bytes(8, "little")
                + len(tails).to_bytes(8, "little") + len(index).to_bytes(8, "little") + b"ibblocks")


def store(file, content):
    """Without compressing anything: well-formed all the same."""
    pieces = [content[i : i + 4096] for i in range(0, len(content), 4096)]
    file["extents"] = [1 << 31 | len(piece) for piece in pieces]
    file["blocks"] = bytearray(b"".join(piece.ljust(4096, b"\0") for piece in pieces))


def put_blob(folder, answer, name, data):
    sha256 = hashlib.sha256(data).hexdigest()
    replace(f"{folder}/cas/{sha256}", data)
    answer.said[name] = {"sha256": sha256, "size": len(data)}


def forge(folder, how, package, extra):
    (answer,) = [a for a in all_answers(folder) if a.package == package]
    blob = f"{folder}/cas/{answer.said['blocks']['sha256']}"
    data = bytearray(open(blob, "rb").read())
    if how == "flip":
        data[5000] ^= 1
        return replace(blob, data)
    if how == "cut":
        return replace(blob, data[: len(data) // 2])
    if how == "long":
        return replace(blob, data + b"\0" * 4096)
    if how == "gone":
        return os.unlink(blob)
    if how == "garbage":
        return replace(answer.path, b"<html>hello</html>")
    if how == "huge":
        return replace(answer.path, open(answer.path, "rb").read() + put(7, b"x" * (1 << 20)))
    if how == "replay":  # the answer for another package, whole and signed as it is
        return replace(answer.path, open(f"{folder}/ac/{extra}", "rb").read())
    if how == "said":  # the statement changed under its signature
        put_blob(folder, answer, "blocks", bytes(data[:-1] + b"!"))
        return answer.write()
    if how == "large":
        answer.said["blocks"]["size"] = 1 << 40
        return answer.write()
    if how == "swap":  # the blob of another package, under a right digest
        put_blob(folder, answer, "blocks", open(f"{folder}/cas/{extra}", "rb").read())
        return answer.write()
    if how == "facts":  # lies about what the package contains
        put_blob(folder, answer, "facts", open(f"{folder}/cas/{extra}", "rb").read())
        return answer.write()
    entry = Entry(bytes(data))
    assert entry.bytes() == bytes(data)
    largest = max(entry.files, key=lambda f: len(f["extents"]))
    key = None
    if how == "wrong":  # blocks of another content, all else right
        largest["blocks"][4096 + 2000 : 4096 + 2008] = b"\0" * 8
    elif how == "sha1":
        largest["sha1"] = b"\0" * 20
    elif how == "less":
        entry.files.remove(largest)
    elif how == "twice":
        entry.files.append(largest)
    elif how == "form":
        entry.form = entry.form.replace(b" lz4 level", b" lz5 level")
    elif how == "foreign":  # signed, but by somebody else, over blocks of another content
        largest["blocks"][4096 + 2000 : 4096 + 2008] = b"\0" * 8
        key = extra
    elif how == "hidden":  # something behind the end of a content
        plain = [f for f in entry.files if f["extents"] and f["extents"][-1] >> 31 and f["extents"][-1] & 0x3FFFFF < 4000]
        plain[0]["blocks"][-8:] = b"smuggled"
    elif how == "trailing":  # more behind compressed bytes than they decode to
        block, padded = 0, []
        for extent in largest["extents"]:
            count = (extent >> 22 & 0x1FF) + 1
            at = block * 4096
            if not extent >> 31 and largest["blocks"][at : at + 16] == b"\0" * 16:
                padded.append((at, at + count * 4096))
            block += count
        start, end = padded[0]
        largest["blocks"][start:end] = largest["blocks"][start + 16 : end] + b"U" * 16
    elif how == "evil":  # another content of the same size, and its own SHA-1
        content = bytearray(open(extra, "rb").read())
        content[len(content) // 2] ^= 1
        store(largest, bytes(content))
        largest["sha1"] = hashlib.sha1(content).digest()
    elif how == "other":  # the right content, as it would be stored by somebody who compresses nothing
        content = open(extra, "rb").read()
        assert hashlib.sha256(content).digest() == largest["sha256"]
        store(largest, content)
    else:
        raise SystemExit(f"no forgery '{how}'")
    put_blob(folder, answer, "blocks", entry.bytes())
    return answer.write(key)


if sys.argv[1] == "list":
    for one in all_answers(sys.argv[2]):
        print(one.package, one.said["blocks"]["size"], one.said["blocks"]["sha256"], one.said["facts"]["sha256"],
              os.path.basename(one.path), "signed" if one.is_signed else "unsigned")
elif sys.argv[1] == "forge":
    forge(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5] if len(sys.argv) > 5 else None)
elif sys.argv[1] == "sha256":  # of the content that "other" replaces
    (one,) = [a for a in all_answers(sys.argv[2]) if a.package == sys.argv[3]]
    entry = Entry(open(f"{sys.argv[2]}/cas/{one.said['blocks']['sha256']}", "rb").read())
    print(max(entry.files, key=lambda f: len(f["extents"]))["sha256"].hex())
