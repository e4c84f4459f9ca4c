"""The disk: a partition table, the ESP, the data partition and, on boards that want it, a boot loader before them."""

import uuid

SECTOR = 512
FIRST = 16 << 20
ESP_SIZE = 160 << 20
ESP_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
LINUX_TYPE = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
# behind the last partition: the second copy of the table
TAIL = 1 << 20
# anything, but always the same
NAMESPACE = uuid.UUID("8a8c1f0e-53e1-4b0c-9d6b-8f6f5e8f7b55")


def identity(board, version, what):
    """A GUID that is the same for the same board, version and purpose."""
    return uuid.uuid5(NAMESPACE, f"{board}/{version}/{what}")


def table(board, version, data_size):
    """sfdisk's script for the partition table."""
    esp, data = FIRST // SECTOR, (FIRST + ESP_SIZE) // SECTOR
    lines = [
        "label: gpt",
        f"label-id: {identity(board, version, 'disk')}",
        "unit: sectors",
        "first-lba: 34",
        f"start={esp}, size={ESP_SIZE // SECTOR}, type={ESP_TYPE}, uuid={identity(board, version, 'esp')}, name=SIEMBOX-ESP",
        f"start={data}, size={data_size // SECTOR}, type={LINUX_TYPE}, uuid={identity(board, version, 'data')}, name=SIEMBOX-DATA",
    ]
    return "\n".join(lines) + "\n"


def make(file, script, parts, host):
    """Writes the disk: `parts` are (offset in bytes, file), and end with the last partition; what is zero stays a hole."""
    size = max(offset + part.stat().st_size for offset, part in parts) + TAIL
    with file.open("wb") as opened:
        opened.truncate(size)
    host.run("sbin/sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", file, stdin=script.encode())
    with file.open("r+b") as opened:
        for offset, part in parts:
            for at, chunk in chunks(part):
                if chunk.count(0) != len(chunk):
                    opened.seek(offset + at)
                    opened.write(chunk)


def chunks(file, size=1 << 20):
    """(offset, bytes) of a file."""
    at = 0
    with file.open("rb") as opened:
        while chunk := opened.read(size):
            yield at, chunk
            at += len(chunk)


def hybrid(file):
    """Lets a boot ROM that only knows the old partition table find the ESP: its entry beside the one that protects the new table."""
    protects = entry(0xEE, 1, FIRST // SECTOR - 1)
    esp = entry(0x0C, FIRST // SECTOR, ESP_SIZE // SECTOR)
    with file.open("r+b") as opened:
        opened.seek(446)
        opened.write(esp + protects + bytes(32) + b"\x55\xaa")


def entry(kind, start, length):
    """One entry of the old table, by sectors alone."""
    return b"\0\xfe\xff\xff" + bytes([kind]) + b"\xfe\xff\xff" + start.to_bytes(4, "little") + length.to_bytes(4, "little")
