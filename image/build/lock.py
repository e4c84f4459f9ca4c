"""`image/debian.lock`: which file of Debian each package is, to the byte."""

import json
import tomllib
from dataclasses import dataclass

from .paths import LOCK
from .progress import Trouble

HEAD = """\
# The Debian packages that images are made of, to the byte. Written by `make image-pins` from Debian 12's signed lists; do not edit.
# `stands_for`: the package that a board's profile names, where that one is only a pointer to this one.

"""


@dataclass(frozen=True)
class Package:
    """One file of Debian's pool. `size` in bytes, `sha256` in hex, `pool` below the mirror's root."""

    name: str
    version: str
    architecture: str
    pool: str
    size: int
    sha256: str
    stands_for: str = ""

    def __str__(self):
        return f"{self.name} {self.version} ({self.architecture})"


def read():
    """Every pinned package."""
    try:
        return [Package(**entry) for entry in tomllib.loads(LOCK.read_text())["package"]]
    except FileNotFoundError as why:
        raise Trouble(f"{LOCK} is missing. Cure: make image-pins") from why
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as why:
        raise Trouble(f"{LOCK} cannot be read: {why}. Cure: git checkout it, or make image-pins") from why


def find(packages, name, architecture):
    """The pinned package of this name; one for all architectures will do."""
    for package in packages:
        if name in (package.name, package.stands_for) and package.architecture in (architecture, "all"):
            return package
    raise Trouble(f"{name} for {architecture} is not in image/debian.lock. Cure: make image-pins")


def write(packages):
    """Replaces the lock."""
    entries = []
    for package in sorted(packages, key=lambda p: (p.architecture, p.name)):
        # a JSON string is a TOML string, as long as it is plain
        lines = [f"{key} = {json.dumps(value)}" for key, value in vars(package).items() if value]
        entries.append("[[package]]\n" + "\n".join(lines) + "\n")
    LOCK.write_text(HEAD + "\n".join(entries))
