"""The partition that a laptop can read: FAT32, with the boot loader, the firmware, and a README.TXT for people."""

from .paths import IMAGE

LABEL = "SIEMBOX"
# 160 MiB in clusters of 2 KiB: enough of them for FAT32, which boot ROMs like best
SECTORS_PER_CLUSTER = 4


def readme(board, version):
    """README.TXT, in lines that Notepad shows."""
    text = (IMAGE / "esp/README.TXT").read_text().replace("@TITLE@", board.title).replace("@VERSION@", version)
    return text.replace("\n", "\r\n").encode("ascii")


def make(file, size, files, volume_id, date, host):
    """Writes a FAT file system of `size` bytes with {path: bytes} into a new file."""
    with file.open("wb") as opened:
        opened.truncate(size)
    at = {"SOURCE_DATE_EPOCH": str(date)}
    host.run("sbin/mkfs.fat", "-F", "32", "-s", SECTORS_PER_CLUSTER, "-n", LABEL, "-i", f"{volume_id:08x}", "--invariant", file, **at)
    folders = set()
    for path in files:
        parts = path.split("/")[:-1]
        folders |= {"/".join(parts[: depth + 1]) for depth in range(len(parts))}
    for folder in sorted(folders):
        host.run("usr/bin/mtools", "-c", "mmd", "-i", file, f"::/{folder}", **at)
    for path in sorted(files):
        # from standard input: a file's own date would go with it
        host.run("usr/bin/mtools", "-c", "mcopy", "-i", file, "-", f"::/{path}", stdin=files[path], **at)
