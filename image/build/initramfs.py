"""The device's root: what lies in RAM after the kernel has unpacked it."""

import time
from dataclasses import dataclass
from pathlib import Path

from . import cpio, libraries
from .unpacked import inside

# what udhcpc is started as; a release image has no other name of busybox, and so no shell
RELEASE_LINKS = ("bin/udhcpc",)
FOLDERS = ("proc", "sys", "dev", "run", "tmp", "boot", "data", "root")
TEXTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nsiembox:x:900:900:siembox:/data:/bin/false\n",
    "etc/group": "root:x:0:\nsiembox:x:900:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
LINKS = {
    # the network's words, which change while the root does not
    "etc/hosts": "/run/hosts",
    "etc/resolv.conf": "/run/resolv.conf",
    "etc/mtab": "/proc/self/mounts",
    "bin/siembox-lease": "siembox",
    "usr/bin": "../bin",
    "usr/sbin": "../sbin",
    "usr/lib": "../lib",
    "var/run": "/run",
}


@dataclass(frozen=True)
class Parts:
    """What an initramfs is made of.

    `programs`: (unpacked package, {file in it: path on the device}); `libraries`: unpacked packages; `modules`: {name: path below
    `kernel`} in load order; `options`: {name: parameters}; `init` takes siembox's place as process 1 in the builder's
    own tests; `debug`: with a shell.
    """

    siembox: Path
    programs: list
    libraries: list
    modules: dict
    options: dict
    kernel: Path
    machine: str
    init: Path | None
    debug: bool


def firmware_toml(board, version, date, debug):
    """/etc/siembox/firmware.toml: what this image is."""
    built = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(date))
    return f'board = "{board}"\nversion = "{version}"\nbuilt = "{built}"\ndebug = {str(debug).lower()}\n'


def load_list(parts):
    """/etc/siembox/modules: a line for each module in load order, its path and then its parameters."""
    return "".join(f"{path} {parts.options.get(name, '')}".rstrip() + "\n" for name, path in parts.modules.items())


def entries(parts, firmware):
    """{path: cpio entry} of the whole root; `firmware`: the text of firmware.toml."""
    found = {name: cpio.folder() for name in FOLDERS}
    found |= {"dev/console": cpio.character_device(5, 1), "dev/null": cpio.character_device(1, 3, 0o666)}
    found |= {path: cpio.file(text.encode()) for path, text in TEXTS.items()}
    found |= {path: cpio.link(target) for path, target in LINKS.items()}
    found["etc/siembox/firmware.toml"] = cpio.file(firmware.encode())
    found["etc/siembox/modules"] = cpio.file(load_list(parts).encode())
    found["bin/siembox"] = cpio.file(parts.siembox.read_bytes(), 0o755)
    found["init"] = cpio.file(parts.init.read_bytes(), 0o755) if parts.init else cpio.link("bin/siembox")
    for path in parts.modules.values():
        found[path.lstrip("/")] = cpio.file(inside(parts.kernel, path).read_bytes())
    found |= debian(parts)
    busybox = found["bin/busybox"]
    for path in applets(busybox.data) if parts.debug else RELEASE_LINKS:
        found.setdefault(path, cpio.link("/bin/busybox"))
    return found


def debian(parts):
    """Debian's programs, with the libraries and the loader that they ask for."""
    found, programs = {}, []
    for folder, files in parts.programs:
        for source, target in files.items():
            file = inside(folder, source)
            data = file.read_bytes()
            executable = data.startswith(b"\x7fELF")
            found[target] = cpio.file(data, 0o755 if executable else 0o644)
            if executable:
                programs.append(file)
    # the loader is among them: the C library needs it
    for name, file in libraries.closure(programs, parts.libraries, parts.machine).items():
        found[f"lib/{name}"] = cpio.file(file.read_bytes(), 0o755)
    for loader in {libraries.needs(program)[0] for program in programs} - {None}:
        name = loader.rpartition("/")[2]
        found.setdefault(loader.lstrip("/"), cpio.link(f"/lib/{name}"))
    return found


def applets(busybox):
    """Where busybox' applets are looked for, read from the table of names in the program (the machine may not be able to run it)."""
    begin = busybox.index(b"\0[\0[[\0") + 1
    names = busybox[begin : busybox.index(b"\0\0", begin)].decode().split("\0")
    return [f"bin/{name}" for name in names]
