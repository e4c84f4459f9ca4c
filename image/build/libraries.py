"""Which shared libraries a program needs: read from the program itself, so that none is missing and none too many."""

import struct
from pathlib import Path

from .progress import Trouble
from .unpacked import inside

DYNAMIC, INTERPRETER, LOAD = 2, 3, 1
NEEDED, STRTAB = 1, 5


def needs(file):
    """(loader or None, names of libraries) that an ELF file of a 64-bit little-endian machine asks for."""
    data = Path(file).read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        return None, []
    (offset,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    segments = [struct.unpack_from("<IIQQQQ", data, offset + i * size) for i in range(count)]
    loader, entries = None, []
    for kind, _, at, _, _, length in segments:
        if kind == INTERPRETER:
            loader = data[at : at + length].rstrip(b"\0").decode()
        if kind == DYNAMIC:
            entries = [struct.unpack_from("<qQ", data, at + i) for i in range(0, length, 16)]
    strings = next((value for tag, value in entries if tag == STRTAB), 0)
    base = next((at + strings - address for kind, _, at, address, _, length in segments if kind == LOAD and address <= strings < address + length), 0)
    names = [data[base + value : data.index(b"\0", base + value)].decode() for tag, value in entries if tag == NEEDED]
    return loader, names


def closure(programs, folders, machine, section="libraries"):
    """{name in /lib: file} of every library that the programs need, found in the unpacked packages of that section of programs.toml."""
    triplet = f"{machine}-linux-gnu"
    places = [(folder, sub) for folder in folders for sub in (f"lib/{triplet}", f"usr/lib/{triplet}")]
    found, ahead = {}, list(programs)
    while ahead:
        user = ahead.pop()
        for name in needs(user)[1]:
            if name in found:
                continue
            candidates = (inside(folder, f"{sub}/{name}") for folder, sub in places)
            file = next((file for file in candidates if file.exists()), None)
            if file is None:
                raise Trouble(
                    f"{user.name} needs {name}, and none of [{section}] packages in image/programs.toml holds it. "
                    "Cure: add the one that does, and make image-pins"
                )
            found[name] = file
            ahead.append(file)
    return found
