"""Writes the archive that the kernel unpacks into RAM ("newc", Documentation/driver-api/early-userspace/buffer-format.rst).

Everything belongs to root and carries one date, and the order is that of the names: the same files give the same bytes.
"""

import stat
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One name in the archive. `device` is (major, minor) of a character device."""

    mode: int
    data: bytes = b""
    device: tuple = (0, 0)


def folder(permissions=0o755):
    """A folder."""
    return Entry(stat.S_IFDIR | permissions)


def file(data, permissions=0o644):
    """A plain file."""
    return Entry(stat.S_IFREG | permissions, data)


def link(target):
    """A symbolic link."""
    return Entry(stat.S_IFLNK | 0o777, target.encode())


def character_device(major, minor, permissions=0o600):
    """A device that has to be there before /dev is mounted."""
    return Entry(stat.S_IFCHR | permissions, device=(major, minor))


def archive(entries, date):
    """The archive of {path without a leading slash: Entry}; folders on the way are added."""
    everything = dict(entries)
    for path in entries:
        parent = path.rpartition("/")[0]
        while parent:
            everything.setdefault(parent, folder())
            parent = parent.rpartition("/")[0]
    parts = []
    for number, path in enumerate(sorted(everything), start=1):
        parts.append(record(number, path, everything[path], date))
    parts.append(record(0, "TRAILER!!!", Entry(0), 0))
    whole = b"".join(parts)
    return whole + b"\0" * (-len(whole) % 512)


def record(number, path, entry, date):
    """Header, name and contents of one entry, each padded to four bytes."""
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (number, entry.mode, 0, 0, links, date, len(entry.data), 0, 0, *entry.device, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    head = header + name
    return head + b"\0" * (-len(head) % 4) + entry.data + b"\0" * (-len(entry.data) % 4)
