"""The order in which an image is made."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from . import boot, cpio, data, disk, esp, host, initramfs, licences, lock, packages, paths, wanted
from .modules import Modules, plain
from .profile import Profile
from .progress import Progress, Trouble, megabytes
from .unpacked import inside

INITRAMFS_MB = 16
# for a customer as small as it gets; for whoever looks into a box, in a tenth of the time and a tenth larger
ZSTD_LEVEL, ZSTD_LEVEL_DEBUG = "-19", "-9"


@dataclass(frozen=True)
class Order:
    """What to make. `init` takes siembox's place as process 1, for the builder's own tests; `notices`: of what is linked into siembox."""

    board: Profile
    siembox: Path
    notices: str
    out: Path
    debug: bool
    init: Path | None

    @property
    def name(self):
        """The image's file name without `.img`."""
        return f"siembox-{self.board.name}-{paths.version()}" + ("-debug" if self.debug else "")


@dataclass(frozen=True)
class Shop:
    """What an image is made from, and with. `folders`: {pinned package: its files}."""

    folders: dict
    tools: host.Host
    date: int
    progress: Progress

    def __getitem__(self, name):
        """The files of a package, by the name that profiles and programs.toml use."""
        return next(folder for package, folder in self.folders.items() if name in (package.name, package.stands_for))


def make(order, progress):
    """Makes the disk image and returns its path."""
    board, pinned = order.board, lock.read()
    names = wanted.device_packages() + wanted.board_packages(board)
    found = [lock.find(pinned, name, board.architecture) for name in names]
    folders = {package: packages.unpack(package, progress) for package in found}
    shop = Shop(folders, host.Host(pinned, progress), paths.date(), progress)

    image = next(shop[board.kernel].glob("boot/vmlinuz-*"))
    kernel, release = image.read_bytes(), image.name.removeprefix("vmlinuz-")
    ramdisk = ram(order, release, shop)
    files = boot_files(order, kernel, release, ramdisk, shop)
    files["README.TXT"] = esp.readme(board, paths.version())
    files["LICENCES.TXT"] = licences.text(folders, order.notices)
    return write(order, files, shop)


def ram(order, release, shop):
    """The initramfs, compressed."""
    board, programs = order.board, wanted.programs()
    shop.progress.step(f"modules of kernel {release}")
    modules = Modules(shop[board.kernel], release, shop.tools).in_order(board.modules, board.name)
    parts = initramfs.Parts(
        siembox=order.siembox,
        programs=[(shop[p["package"]], p["files"]) for p in programs["program"]],
        libraries=[shop[p] for p in programs["libraries"]["packages"]],
        modules=modules,
        options={plain(name): options for name, options in board.options.items()},
        kernel=shop[board.kernel],
        machine=board.machine,
        init=order.init,
        debug=order.debug,
    )
    firmware = initramfs.firmware_toml(board.name, paths.version(), shop.date, order.debug)
    archive = cpio.archive(initramfs.entries(parts, firmware), shop.date)
    shop.progress.step(f"initramfs: {len(modules)} modules, {megabytes(len(archive))}; zstd makes it small")
    level = ZSTD_LEVEL_DEBUG if order.debug else ZSTD_LEVEL
    packed = shop.tools.run("usr/bin/zstd", level, "--single-thread", "--no-progress", "-c", stdin=archive)
    within("the initramfs", len(packed), INITRAMFS_MB, shop.progress)
    return packed


def boot_files(order, kernel, release, ramdisk, shop):
    """{path on the ESP: bytes} of what the board starts from."""
    board = order.board
    trees = boot.device_trees(board, shop[board.kernel], release)
    if board.method == "raspberry-pi":
        files = boot.raspberry_files(board, kernel, ramdisk, trees, shop["raspi-firmware"], order.debug)
        within(f"the firmware (kernel {megabytes(len(files['kernel8.img']))})", sum(map(len, files.values())), board.firmware_mb, shop.progress)
        loose(order, {"kernel": kernel, "initramfs": ramdisk}, trees, shop.progress)
        return files
    program = boot.firmware(board, kernel, ramdisk, shop["systemd-boot-efi"], order.debug)
    within(f"the firmware (kernel {megabytes(len(kernel))})", len(program), board.firmware_mb, shop.progress)
    loose(order, {"kernel": kernel, "initramfs": ramdisk, f"{order.name}.efi": program}, trees, shop.progress)
    # where U-Boot looks for them
    return boot.efi_files(board, program, shop["systemd-boot-efi"]) | {f"dtb/{path}": tree for path, tree in trees.items()}


def write(order, files, shop):
    """Writes the disk: ESP with `files`, data partition, and U-Boot before them where the board has it. Returns its path."""
    board, version = order.board, paths.version()
    order.out.mkdir(parents=True, exist_ok=True)
    work = order.out / f".{order.name}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()

    shop.progress.step(f"ESP: {len(files)} files, {megabytes(sum(map(len, files.values())))}")
    volume = disk.identity(board.name, version, "volume").int & 0xFFFF_FFFF
    esp.make(work / "esp", disk.ESP_SIZE, files, volume, shop.date, shop.tools)

    shop.progress.step("data partition and disk")
    data.make(work / "data", disk.identity(board.name, version, "ext4"), disk.identity(board.name, version, "hash"), shop.date, shop.tools)
    parts = [(disk.FIRST, work / "esp"), (disk.FIRST + disk.ESP_SIZE, work / "data")]
    for part in board.u_boot.get("parts", []):
        file = inside(shop[board.u_boot["package"]], f"usr/lib/u-boot/{part['file']}")
        parts.append((part["sector"] * disk.SECTOR, file))
    disk.make(work / "disk", disk.table(board.name, version, data.SIZE), parts, shop.tools)
    if board.method == "raspberry-pi":
        disk.hybrid(work / "disk")
    made = order.out / f"{order.name}.img"
    (work / "disk").replace(made)
    shutil.rmtree(work)
    return made


def within(what, size, budget_mb, progress):
    """Says what something weighs, and stops if that is more than its budget."""
    if size > budget_mb * 1_000_000:
        raise Trouble(f"{what} weighs {megabytes(size)}, its budget is {budget_mb} MB. Cure: fewer modules in the profile, or a smaller siembox")
    progress.step(f"{what}: {megabytes(size)} of {budget_mb} MB")


def loose(order, parts, trees, progress):
    """The same in parts: the one-file firmware for an update, and what an emulator wants that starts a kernel itself (-kernel -dtb -initrd)."""
    folder = order.out / order.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, contents in parts.items():
        (folder / name).write_bytes(contents)
    (folder / "cmdline").write_text(boot.command_line(order.board, order.debug) + "\n")
    for path, tree in trees.items():
        (folder / path.rpartition("/")[2]).write_bytes(tree)
    progress.step(f"the same in parts: {folder}")
