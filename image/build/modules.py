"""Which of the kernel's modules go onto a board, and in which order they are loaded."""

from pathlib import Path

from . import packages
from .progress import Trouble


def plain(name):
    """Modules are named with _ in the kernel, and with either in file names."""
    return Path(name).name.removesuffix(".ko").replace("-", "_")


class Modules:
    """The modules of one kernel, indexed by depmod."""

    def __init__(self, kernel, release, host):
        self.root = Path(kernel)
        self.folder = self.root / "lib/modules" / release
        with packages.alone():
            if not (self.folder / "modules.dep").exists():
                # the package's own configuration, should it have one: depmod would read this machine's /etc/depmod.d
                host.run("sbin/depmod", "--basedir", self.root, "--config", self.root / "etc/depmod.d", release)
        self.needs = {}
        for line in (self.folder / "modules.dep").read_text().splitlines():
            file, after = line.split(":", 1)
            self.needs[plain(file)] = (file, [plain(other) for other in after.split()])
        self.builtin = {plain(line) for line in (self.folder / "modules.builtin").read_text().splitlines()}
        self.softly = self.soft_dependencies()
        self.aliases = self.read_aliases()

    def soft_dependencies(self):
        """What has to be there first although no symbol says so (`softdep ext4 pre: crc32c`)."""
        found = {}
        for line in (self.folder / "modules.softdep").read_text().splitlines():
            words = line.split()
            if len(words) > 2 and words[0] == "softdep":
                before = " ".join(words[2:]).partition("pre:")[2].partition("post:")[0].split()
                found.setdefault(plain(words[1]), []).extend(before)
        return found

    def read_aliases(self):
        """Plain second names; those of hardware are patterns, and of no use here."""
        found = {}
        for line in (self.folder / "modules.alias").read_text().splitlines():
            words = line.split()
            if len(words) == 3 and words[0] == "alias" and ":" not in words[1]:
                found.setdefault(plain(words[1]), []).append(plain(words[2]))
        return found

    def named(self, name):
        """The module that a soft dependency means: by name, else the portable one of those with that second name."""
        name = plain(name)
        if name in self.needs or name in self.builtin:
            return name
        others = self.aliases.get(name, [])
        portable = [other for other in others if other.endswith("_generic")]
        return (portable or others or [None])[0]

    def in_order(self, names, board):
        """{name: path on the device}, those needed first, for the modules that a profile names. Built-in ones need no file."""
        order = []
        for name in names:
            if plain(name) not in self.needs and plain(name) not in self.builtin:
                raise Trouble(f"board/{board}.toml names the kernel module {name!r}, which {self.folder.name} does not have. Cure: is it spelt so?")
            self.add(plain(name), order, set())
        return {name: f"/lib/modules/{self.folder.name}/{self.needs[name][0]}" for name in order}

    def add(self, name, order, above):
        """Puts a module behind everything that it needs; `above` are those that wait for it."""
        if name in order or name in self.builtin or name in above:
            return
        above = above | {name}
        soft = [self.named(other) for other in self.softly.get(name, [])]
        # modules.dep lists the nearest first and the deepest last
        for other in [s for s in soft if s] + self.needs[name][1][::-1]:
            self.add(other, order, above)
        order.append(name)
