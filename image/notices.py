#!/usr/bin/env python3
"""Prints the licences of everything that is linked into the shipped binary, as those licences ask for.

Read from the sources that were built: the crates that Cargo.lock names, and the C library that zig brings.
Alike texts are printed once, below the names of all that they hold for.
"""

import glob
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
METADATA = ["cargo", "metadata", "--locked", "--format-version=1", "--filter-platform=aarch64-unknown-linux-musl"]
NAMES = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
MUSL = ROOT / "target/tools/venv/lib/python3*/site-packages/ziglang/lib/libc/musl/COPYRIGHT"


def linked(metadata):
    """The packages that end up in the binary: not those that only tests or builds need."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    found, ahead = set(), [metadata["resolve"]["root"]]
    while ahead:
        package = ahead.pop()
        if package not in found:
            found.add(package)
            ahead += [d["pkg"] for d in nodes[package]["deps"] if any(k["kind"] is None for k in d["dep_kinds"])]
    found.remove(metadata["resolve"]["root"])
    packages = [p for p in metadata["packages"] if p["id"] in found]
    return [p for p in packages if not any("proc-macro" in t["kind"] for t in p["targets"])]


def texts(package):
    """Its licence files, those of C code that it carries along included."""
    folder = Path(package["manifest_path"]).parent
    return sorted(file for depth in ("*", "*/*") for file in folder.glob(depth) if NAMES.match(file.name) and file.is_file())


def main():
    metadata = json.loads(subprocess.run(METADATA, cwd=ROOT, check=True, capture_output=True).stdout)
    packages = sorted(linked(metadata), key=lambda p: p["name"])
    holds_for = {}
    for package in packages:
        for file in texts(package):
            holds_for.setdefault(file.read_text(errors="replace").strip(), []).append(f"{package['name']} {package['version']}")
    for file in glob.glob(str(MUSL)):
        holds_for.setdefault(Path(file).read_text(errors="replace").strip(), []).append("musl libc")

    print("siembox is licensed under the Apache License 2.0. These parts are linked into its binary:\n")
    for package in packages:
        print(f"{package['name']} {package['version']}: {package['license']}")
    print("the Rust standard library: MIT OR Apache-2.0\nmusl libc: MIT")
    for text, names in holds_for.items():
        print(f"\n{'=' * 80}\n{', '.join(dict.fromkeys(names))}\n{'=' * 80}\n\n{text}")
    bare = [p["name"] for p in packages if not texts(p)]
    if bare:
        print(f"notices.py: no licence text comes with {', '.join(bare)}", file=sys.stderr)


if __name__ == "__main__":
    main()
