"""The order in which an image is made."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from . import boot, cpio, data, disk, esp, host, initramfs, lock, packages, paths, wanted
from .modules import Modules
from .profile import Profile
from .progress import Trouble, megabytes

INITRAMFS_MB = 16


@dataclass(frozen=True)
class Order:
    """What to make. `init` takes siembox's place as process 1, for the builder's own tests."""

    board: Profile
    siembox: Path
    out: Path
    debug: bool
    init: Path | None


def make(order, progress):
    """Makes the disk image and returns its path."""
    board, version, date = order.board, paths.version(), paths.date()
    name = f"siembox-{board.name}-{version}" + ("-debug" if order.debug else "")
    pinned = lock.read()
    unpacked = {
        package: packages.unpack(lock.find(pinned, package, board.architecture), progress)
        for package in wanted.device_packages() + wanted.board_packages(board)
    }
    tools = host.Host(pinned, progress)

    kernel_package = unpacked[board.kernel]
    image = next(kernel_package.glob("boot/vmlinuz-*"))
    release = image.name.removeprefix("vmlinuz-")
    progress.step(f"modules of kernel {release}")
    modules = Modules(kernel_package, release, tools).in_order(board.modules, board.name)

    parts = initramfs.Parts(
        siembox=order.siembox,
        programs=[(unpacked[p["package"]], p["files"]) for p in wanted.programs()["program"]],
        libraries=[unpacked[p] for p in wanted.programs()["libraries"]["packages"]],
        modules=modules,
        kernel=kernel_package,
        machine=board.machine,
        init=order.init,
        debug=order.debug,
    )
    archive = cpio.archive(initramfs.entries(parts, initramfs.firmware_toml(board.name, version, date, order.debug)), date)
    progress.step(f"initramfs: {len(modules)} modules, {megabytes(len(archive))}; zstd makes it small")
    packed = tools.run("usr/bin/zstd", "-19", "--single-thread", "--no-progress", "-c", stdin=archive)
    within(f"the initramfs of {name}", len(packed), INITRAMFS_MB, progress)

    kernel = image.read_bytes()
    before = []
    trees = boot.device_trees(board, kernel_package, release)
    if board.method == "raspberry-pi":
        files = boot.raspberry_files(board, kernel, packed, trees, unpacked["raspi-firmware"], order.debug)
        within(f"the firmware of {name}", sum(map(len, files.values())), board.firmware_mb, progress)
        loose(order, name, board, kernel, packed, trees, progress)
    else:
        systemd_boot = unpacked["systemd-boot-efi"]
        program = boot.firmware(board, kernel, packed, systemd_boot, order.debug)
        within(f"the firmware of {name} (kernel {megabytes(len(kernel))})", len(program), board.firmware_mb, progress)
        files = boot.efi_files(board, program, systemd_boot) | {f"dtb/{path}": tree for path, tree in trees.items()}
    if board.u_boot:
        folder = unpacked[board.u_boot["package"]] / "usr/lib/u-boot"
        before = [(part["sector"] * disk.SECTOR, (folder / part["file"]).read_bytes()) for part in board.u_boot["parts"]]
    files["README.TXT"] = esp.readme(board, version)

    order.out.mkdir(parents=True, exist_ok=True)
    work = order.out / f".{name}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    progress.step(f"ESP: {len(files)} files, {megabytes(sum(map(len, files.values())))}")
    volume = disk.identity(board.name, version, "volume").int & 0xFFFF_FFFF
    esp.make(work / "esp", disk.ESP_SIZE, files, volume, date, tools)
    progress.step("data partition")
    data.make(work / "data", disk.identity(board.name, version, "ext4"), disk.identity(board.name, version, "hash"), date, tools)
    progress.step("disk")
    script = disk.table(board.name, version, data.SIZE)
    contents = [*before, (disk.FIRST, work / "esp"), (disk.FIRST + disk.ESP_SIZE, work / "data")]
    disk.make(work / "disk", script, contents, disk.FIRST + disk.ESP_SIZE + data.SIZE + disk.TAIL, tools)
    if board.method == "raspberry-pi":
        disk.hybrid(work / "disk")
    made = order.out / f"{name}.img"
    (work / "disk").replace(made)
    shutil.rmtree(work)
    return made


def within(what, size, budget_mb, progress):
    """Says what something weighs, and stops if that is more than its budget."""
    if size > budget_mb * 1_000_000:
        raise Trouble(f"{what} weighs {megabytes(size)}, its budget is {budget_mb} MB. Cure: fewer modules in the profile, or a smaller siembox")
    progress.step(f"{what}: {megabytes(size)} of {budget_mb} MB")


def loose(order, name, board, kernel, packed, trees, progress):
    """The parts one by one, for an emulator that starts a kernel itself (qemu-system-aarch64 -M raspi3b -kernel … -dtb … -initrd …)."""
    folder = order.out / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel").write_bytes(kernel)
    (folder / "initramfs").write_bytes(packed)
    (folder / "cmdline").write_text(boot.command_line(board, order.debug) + "\n")
    for path, tree in trees.items():
        (folder / path.rpartition("/")[2]).write_bytes(tree)
    progress.step(f"the same in parts: {folder}")
