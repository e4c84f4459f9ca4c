"""Runs the programs that make file systems and archives: Debian's, pinned, whatever this machine has of them itself."""

import platform
import subprocess

from . import libraries, lock, packages, wanted
from .profile import ARCHITECTURES
from .progress import Trouble
from .unpacked import inside

LOADERS = {"x86_64": "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "aarch64": "lib/aarch64-linux-gnu/ld-linux-aarch64.so.1"}


class Host:
    """The pinned programs of this machine's architecture, unpacked below target/tools."""

    def __init__(self, pinned, progress):
        self.machine = platform.machine()
        if self.machine not in ARCHITECTURES:
            raise Trouble(f"Images are made on x86_64 or aarch64; this machine is {self.machine}")
        found = [lock.find(pinned, name, ARCHITECTURES[self.machine]) for name in wanted.host_packages()]
        self.folders = [packages.unpack(package, progress) for package in found]
        triplet = f"{self.machine}-linux-gnu"
        self.libraries = ":".join(str(f / sub / triplet) for f in self.folders for sub in ("lib", "usr/lib") if (f / sub / triplet).is_dir())
        self.loader = self.locate(LOADERS[self.machine])
        self.complete = set()
        self.environment = {
            # none of them calls another program; one that did would take the machine's
            "PATH": "/none",
            "LC_ALL": "C",
            "TZ": "UTC",
            # mtools turns names into code page 850 by these
            "GCONV_PATH": str(self.locate(f"usr/lib/{triplet}/gconv")),
            "MKE2FS_CONFIG": str(self.locate("etc/mke2fs.conf")),
            "MTOOLS_SKIP_CHECK": "1",
            "MTOOLSRC": "/dev/null",
        }

    def locate(self, path):
        """The file with this path in one of the packages."""
        for folder in self.folders:
            if (file := inside(folder, path)).exists():
                return file
        raise Trouble(f"None of [host] packages in image/programs.toml holds {path}. Cure: add the one that does, and make image-pins")

    def run(self, program, *arguments, stdin=None, **environment):
        """Runs a program (path in its package) by its own loader and libraries, and returns what it wrote to standard output."""
        file = self.locate(program)
        if file not in self.complete:
            # the loader would take from the machine what none of the packages holds
            libraries.closure([file], self.folders, self.machine, "host")
            self.complete.add(file)
        loader = [self.loader, "--inhibit-cache", "--library-path", self.libraries, "--argv0", program.rsplit("/", 1)[-1]]
        command = [*loader, file, *arguments]
        done = subprocess.run(
            [str(word) for word in command], input=stdin, env={**self.environment, **environment}, capture_output=True, check=False
        )
        if done.returncode != 0:
            raise Trouble(f"{program} {' '.join(map(str, arguments))} failed ({done.returncode}): {done.stderr.decode(errors='replace').strip()}")
        return done.stdout
