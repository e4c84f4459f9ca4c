"""Where things lie in the tree, and what this tree is: its version and its date."""

import os
import subprocess
import tomllib
from pathlib import Path

from .progress import Trouble

ROOT = Path(__file__).resolve().parents[2]
BOARDS = ROOT / "board"
IMAGE = ROOT / "image"
LOCK = IMAGE / "debian.lock"
PROGRAMS = IMAGE / "programs.toml"
TARGET = ROOT / "target"
DEBS = TARGET / "tools/debs"
OUT = TARGET / "image"


def version():
    """siembox's version, from Cargo.toml, which is the one place that says it."""
    return tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]


def date():
    """Seconds since 1970 that everything in an image is dated with: SOURCE_DATE_EPOCH, else the commit's date.

    Never the clock: two builds of the same commit have to be the same bytes.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    if given:
        if not given.isdigit():
            raise Trouble(f"SOURCE_DATE_EPOCH is {given!r}, not a number of seconds since 1970. Cure: unset it, or give a number")
        return int(given)
    git = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    if git.returncode != 0 or not git.stdout.strip().isdigit():
        raise Trouble(
            f"No date for the image: this is not a git work tree ({git.stderr.strip() or 'no commit'}). "
            "Cure: SOURCE_DATE_EPOCH=$(date +%s) make image BOARD=…"
        )
    return int(git.stdout)
