"""Finds files in an unpacked package as the package means them: its links count from its own root, never from this machine's."""

import os
from pathlib import PurePosixPath

from .progress import Trouble

# as many as the kernel follows
LINKS = 40


def inside(root, path):
    """Where `path` of a package lies when the package is unpacked at `root`; the file need not be there.

    Debian's links are often absolute (`sbin/depmod` is `/bin/kmod`). The machine would look them up in its own root, and so take its own
    program, or find none.
    """
    ahead, at, links = list(reversed(PurePosixPath(path).parts)), [], 0
    while ahead:
        part = ahead.pop()
        if part == "/":
            at = []
        elif part == "..":
            at = at[:-1]
        elif (here := root.joinpath(*at, part)).is_symlink():
            links += 1
            if links > LINKS:
                raise Trouble(f"{root / path} is a link that leads to itself. Cure: delete {root} and try again")
            ahead += reversed(PurePosixPath(os.readlink(here)).parts)
        else:
            at.append(part)
    return root.joinpath(*at)
