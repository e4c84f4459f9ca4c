"""What lies on the ESP, and before it, for each way to boot."""

import gzip

from . import uki
from .paths import version
from .progress import Trouble
from .unpacked import inside

EFI = {"x86_64": ("x64", "X64"), "aarch64": ("aa64", "AA64")}
# nobody can press a key on a box without a screen; and nothing writes to the ESP at each start
LOADER = "timeout 0\neditor no\nauto-entries no\nauto-firmware no\nrandom-seed-mode off\n"
TRIES = 3
# Raspberry Pi's own boot loader reads these, from raspi-firmware, and config.txt
PI_FILES = {
    "raspberry-pi-3": ("bootcode.bin", "start.elf", "fixup.dat"),
    "raspberry-pi-4": ("start4.elf", "fixup4.dat"),
}
PI_CONFIG = """\
# Read by the Raspberry Pi's own boot loader.
arm_64bit=1
enable_uart=1
upstream_kernel=1
kernel=kernel8.img
initramfs initramfs.zst followkernel
"""


def command_line(board, debug):
    """What the kernel is told."""
    # the kernel's cipher tests hold up the start by a second or two, and nothing on a box uses its ciphers: TLS is siembox' own
    always = f"cryptomgr.notests panic=10 {board.console}"
    if debug:
        return f"loglevel=6 {always} siembox.debug"
    return f"quiet loglevel=3 {always}"


def os_release(debug):
    """How the boot loader's list calls this firmware; it starts the newest VERSION_ID."""
    title = f"siembox {version()}" + (" (debug)" if debug else "")
    return f'ID=siembox\nIMAGE_ID=siembox\nNAME="siembox"\nPRETTY_NAME="{title}"\nVERSION_ID={version()}\nIMAGE_VERSION={version()}\n'


def firmware(board, kernel, initramfs, systemd_boot, debug):
    """The one-file firmware of boards that start EFI programs."""
    stub = inside(systemd_boot, f"usr/lib/systemd/boot/efi/linux{EFI[board.machine][0]}.efi.stub")
    sections = {
        ".osrel": os_release(debug).encode(),
        ".cmdline": command_line(board, debug).encode(),
        ".linux": kernel,
        ".initrd": initramfs,
    }
    return uki.build(stub.read_bytes(), sections)


def efi_files(board, program, systemd_boot):
    """{path on the ESP: bytes}: boot loader and firmware. "+3": three tries, then the boot loader falls back to the one before.

    Not under U-Boot: it cannot rename a file, so systemd-boot could not count, and would say so for some seconds at each start.
    """
    short, name = EFI[board.machine]
    tries = "" if board.method == "u-boot" else f"+{TRIES}"
    return {
        f"EFI/BOOT/BOOT{name}.EFI": inside(systemd_boot, f"usr/lib/systemd/boot/efi/systemd-boot{short}.efi").read_bytes(),
        f"EFI/Linux/siembox_{version()}{tries}.efi": program,
        "loader/loader.conf": LOADER.encode(),
    }


def device_trees(board, kernel_package, release):
    """{path: bytes} of the device trees that the profile names."""
    folder = kernel_package / f"usr/lib/linux-image-{release}"
    found = sorted(folder.glob(board.device_trees)) if board.device_trees else []
    if board.device_trees and not found:
        named = f"board/{board.name}.toml names the device tree {board.device_trees!r}"
        raise Trouble(f"{named}, which kernel {release} does not have. Cure: is it spelt so?")
    names = [str(file.relative_to(folder)) for file in found]
    return {name: inside(kernel_package, f"{folder.relative_to(kernel_package)}/{name}").read_bytes() for name in names}


def raspberry_files(board, kernel, initramfs, trees, raspi_firmware, debug):
    """{path on the ESP: bytes} for a Raspberry Pi, whose boot loader starts the kernel itself."""
    return {
        **{name: inside(raspi_firmware, f"usr/lib/raspi-firmware/{name}").read_bytes() for name in PI_FILES[board.name]},
        **{name.rpartition("/")[2]: data for name, data in trees.items()},
        "LICENCE.broadcom": inside(raspi_firmware, "usr/share/doc/raspi-firmware/copyright").read_bytes(),
        "config.txt": PI_CONFIG.encode(),
        "cmdline.txt": (command_line(board, debug) + "\n").encode(),
        # its boot loader unpacks gzip
        "kernel8.img": gzip.compress(kernel, 6, mtime=0),
        "initramfs.zst": initramfs,
    }
