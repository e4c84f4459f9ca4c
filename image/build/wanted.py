"""What an image takes from Debian: `image/programs.toml`, and what the boards' profiles name."""

import tomllib

from . import profile
from .paths import PROGRAMS

BOOT = {"uefi": ["systemd-boot-efi"], "u-boot": ["systemd-boot-efi"], "raspberry-pi": ["raspi-firmware"]}


def programs():
    """The parsed `image/programs.toml`."""
    return tomllib.loads(PROGRAMS.read_text())


def device_packages():
    """Packages whose files, or whose libraries, are in every initramfs."""
    text = programs()
    return sorted({p["package"] for p in text["program"]} | set(text["libraries"]["packages"]))


def board_packages(board):
    """Packages of one board beside those: kernel and boot loader."""
    u_boot = [board.u_boot["package"]] if board.u_boot else []
    return [board.kernel, *BOOT[board.method], *u_boot]


def host_packages():
    """Packages of the programs that make the image, for the machine that it is made on."""
    return sorted(set(programs()["host"]["packages"]))


def all_packages():
    """Every (package, architecture) that has to be pinned."""
    wanted = set()
    for name in profile.names():
        board = profile.read(name)
        wanted |= {(p, board.architecture) for p in device_packages() + board_packages(board)}
    for architecture in profile.ARCHITECTURES.values():
        wanted |= {(p, architecture) for p in host_packages()}
    return sorted(wanted)
