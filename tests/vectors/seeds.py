#!/usr/bin/env python3
"""seeds.py DIR: seeds of the fuzz targets, out of the vectors. Standard library only."""

import base64, hashlib, json, os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
TARGETS = {"/public": 0, "/users/42": 1, "/transfer": 2, "/export": 4, "/settings": 5}


def seeds(row):
    raw = base64.b64decode(row["raw_b64"])
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    words = lines[0].split(b" ")
    fields = [line for line in lines[1:] if b":" in line]
    named = {line.split(b":")[0].strip().lower(): line.split(b":", 1)[1].strip() for line in fields}
    kind = named.get(b"content-type", b"").lower()
    if len(words) == 3 and words[0].decode("latin-1") in METHODS:
        yield "target", bytes([METHODS.index(words[0].decode())]) + words[1]
        path = words[1].split(b"?")[0].decode("latin-1")
        kept = [line for line in fields if line.split(b":")[0].lower() not in (b"host", b"content-length", b"transfer-encoding")]
        if path in TARGETS and kept:
            yield "headers", bytes([TARGETS[path]]) + b"\n".join(kept)
        if b"?" in words[1]:
            yield "urlencoded", words[1].split(b"?", 1)[1]
    if not body or len(body) > 4000:
        return
    if b"content-encoding" in named:
        codings = [b"gzip", b"deflate", b"br", b"gzip, gzip", b"x-gzip", b"identity"]
        if named[b"content-encoding"] in codings:
            yield "codings", bytes([codings.index(named[b"content-encoding"]) * 2]) + body
        yield "codings", b"\x01amount=5000"
    elif row["class"] in ("graphql", "jsonrpc"):
        yield {"graphql": "graphql", "jsonrpc": "rpc"}[row["class"]], body
    elif kind.startswith(b"multipart"):
        yield "multipart", named[b"content-type"][len(b"multipart/form-data"):] + b"\n" + body
    elif b"xml" in kind:
        yield "xml", body
    elif b"json" in kind:
        yield "json", body
    else:
        yield "urlencoded", body


def main():
    for name in ("bypass", "controls", "more"):
        for line in open(os.path.join(HERE, f"{name}.jsonl"), encoding="utf-8"):
            row = json.loads(line)
            for target, data in seeds(row) if row["http"] != "2" else ():
                write(target, data)
    policies = os.path.join(HERE, "..", "..", "policies")
    for path in [os.path.join(HERE, "policies.toml")] + [os.path.join(policies, name) for name in sorted(os.listdir(policies)) if name.endswith(".toml")]:
        write("policy_source", open(path, "rb").read())
    pskc = os.path.join(HERE, "pskc")
    for name in sorted(os.listdir(pskc)):
        for first in (b"\x00", b"\x02", b"\x06"):
            write("seeds", first + open(os.path.join(pskc, name), "rb").read())
    write("seeds", b"\x02serial,secret,kind,period|counter\n1,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,totp,60\n")


def write(target, data):
    folder = os.path.join(sys.argv[1], target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, hashlib.sha256(data).hexdigest()[:16]), "wb") as out:
        out.write(data)


main()
