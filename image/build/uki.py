"""One EFI program out of kernel, initramfs and command line: a "unified kernel image".

systemd's EFI stub looks for them in its own sections, so they are appended to it as sections of their own, as `objcopy --add-section` or
systemd's ukify would do. Written here because it is a page of code, and one tool less whose version changes the bytes.
PE/COFF: https://learn.microsoft.com/windows/win32/debug/pe-format
"""

import struct

from .progress import Trouble

# contents that is read and never run: IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ
READ_ONLY = 0x4000_0040
SECTION = struct.Struct("<8sIIIIIIHHI")
# the kernel is moved to where it wants to lie by the stub itself; round addresses keep room for that
APART = 0x1_0000


def build(stub, sections):
    """The stub's bytes with {name: bytes} behind them, in this order."""
    out = bytearray(stub)
    (pe,) = struct.unpack_from("<I", stub, 0x3C)
    if stub[pe : pe + 4] != b"PE\0\0":
        raise Trouble("systemd's EFI stub is not a PE file: is the package systemd-boot-efi damaged?")
    count, optional_size = struct.unpack_from("<H", stub, pe + 6)[0], struct.unpack_from("<H", stub, pe + 20)[0]
    optional = pe + 24
    section_alignment, file_alignment = struct.unpack_from("<II", stub, optional + 32)
    (headers_end,) = struct.unpack_from("<I", stub, optional + 60)
    table = optional + optional_size
    present = [SECTION.unpack_from(stub, table + i * SECTION.size) for i in range(count)]
    if table + (count + len(sections)) * SECTION.size > headers_end:
        raise Trouble(f"systemd's EFI stub has no room for {len(sections)} more sections in its header")

    address = max(up(s[2] + s[1], section_alignment) for s in present)
    for number, (name, data) in enumerate(sections.items(), start=count):
        address = up(address, max(section_alignment, APART))
        out += b"\0" * (-len(out) % file_alignment)
        at, size = len(out), up(len(data), file_alignment)
        SECTION.pack_into(out, table + number * SECTION.size, name.encode(), len(data), address, size, at, 0, 0, 0, 0, READ_ONLY)
        out += data + b"\0" * (size - len(data))
        address += len(data)

    struct.pack_into("<H", out, pe + 6, count + len(sections))
    (initialised,) = struct.unpack_from("<I", stub, optional + 8)
    struct.pack_into("<I", out, optional + 8, initialised + sum(up(len(d), file_alignment) for d in sections.values()))
    struct.pack_into("<I", out, optional + 56, up(address, section_alignment))
    # the checksum is only asked for in drivers of Windows
    struct.pack_into("<I", out, optional + 64, 0)
    return bytes(out)


def up(number, to):
    """The next multiple of `to`."""
    return -(-number // to) * to
