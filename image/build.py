#!/usr/bin/env python3
"""Makes the disk image of a board, or moves the pins of Debian's packages.

    image/build.py BOARD [--debug] [--out DIR] [--siembox FILE] [--init FILE]
    image/build.py --boards
    image/build.py --pins
"""

import argparse
import sys
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(f"image: Python 3.11 or newer is needed, this is {sys.version.split()[0]}. Cure: Debian 12 and Ubuntu 24.04 have it")

from build import packages, paths, pins, profile, steps
from build.progress import Progress, Trouble, megabytes


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("board", nargs="?", help="a name from board/")
    parser.add_argument("--debug", action="store_true", help="with a shell on the console and all of busybox")
    parser.add_argument("--out", type=Path, default=paths.OUT, help="where the image goes (target/image)")
    parser.add_argument("--siembox", type=Path, help="the static binary to put in (target/release-static/siembox-<machine>)")
    parser.add_argument("--init", type=Path, help="another first process than siembox, for tests of the image alone")
    parser.add_argument("--boards", action="store_true", help="name the boards")
    parser.add_argument("--pins", action="store_true", help="move image/debian.lock to what Debian 12 has now")
    return parser


def image(wanted, progress):
    """Makes one image and says how it gets onto a disk."""
    board = profile.read(wanted.board)
    siembox = wanted.siembox or paths.TARGET / f"release-static/siembox-{board.machine}"
    if not siembox.is_file():
        raise Trouble(f"{siembox} is missing. Cure: make image BOARD={board.name} builds it; or name one with --siembox")
    # beside the binary, written by image/make.sh; a binary of somebody's own brings none
    notices = siembox.with_name("NOTICES")
    text = notices.read_text() if notices.is_file() else "Apache License 2.0; the licences of what is linked into it: image/notices.py"
    made = steps.make(steps.Order(board, siembox, text, wanted.out.resolve(), wanted.debug, wanted.init), progress)
    progress.step("done")
    marked = "" if board.tried == "booted" else "  This board's image was built, and never booted yet: please tell how it goes.\n"
    print(
        f"\n{made}\n  {megabytes(made.stat().st_size)} ({megabytes(made.stat().st_blocks * 512)} of it used), SHA-256 {packages.digest(made)}\n{marked}"
        f"Flash it, with the device's name in place of /dev/sdX (lsblk tells; all that is on it is lost):\n"
        f"  sudo dd if={made} of=/dev/sdX bs=4M conv=fsync status=progress\n"
        "or with Raspberry Pi Imager (Choose OS, Use custom) or balenaEtcher."
    )


def main():
    """Runs what was asked for; a trouble is a sentence and exit code 1."""
    parser = arguments()
    wanted = parser.parse_args()
    try:
        if wanted.boards:
            print("\n".join(profile.names()))
        elif wanted.pins:
            pins.move(Progress())
        elif wanted.board:
            image(wanted, Progress())
        else:
            raise Trouble(f"Which board? There are: {', '.join(profile.names())}. Cure: make image BOARD=<one of them>")
    except Trouble as trouble:
        sys.exit(f"image: {trouble}")


if __name__ == "__main__":
    main()
