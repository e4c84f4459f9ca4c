"""`make image-pins`: moves `image/debian.lock` to what Debian 12 has now.

apt does it, because it checks the lists' signatures; with a folder of its own, so that it needs no root, knows both machines'
architectures, and answers the same on Ubuntu.
"""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

from . import lock, profile, wanted
from .packages import MIRROR
from .paths import TARGET
from .progress import Trouble

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITES = [("debian", "bookworm"), ("debian", "bookworm-updates"), ("debian-security", "bookworm-security")]
# raspi-firmware is the only thing that is not in main
COMPONENTS = "main non-free-firmware"
URI = re.compile(r"^'(?P<uri>\S+)' (?P<file>\S+) (?P<size>\d+) SHA256:(?P<sha256>[0-9a-f]{64})$")
POINTER = re.compile(r"^Depends: (?P<real>linux-image-\d\S*) \(= ", re.MULTILINE)


def move(progress):
    """Writes the lock anew and tells what changed."""
    if not KEYRING.is_file():
        raise Trouble(f"{KEYRING} is missing: Debian's lists cannot be trusted without it. Cure: apt-get install debian-archive-keyring")
    before = {(p.name, p.architecture): p for p in (lock.read() if lock.LOCK.exists() else [])}
    apt = Apt(TARGET / "tools/apt")
    progress.step("Debian 12's lists, with security and updates, signatures checked by apt")
    apt.run("apt-get", "update", "-qq")
    packages = []
    for name, architecture in wanted.all_packages():
        packages.append(apt.package(name, architecture))
    lock.write(packages)
    moved = [p for p in packages if before.get((p.name, p.architecture)) != p]
    for package in moved:
        was = before.get((package.name, package.architecture))
        progress.step(f"{package.name} ({package.architecture}): {was.version if was else 'new'} → {package.version}")
    progress.step(f"image/debian.lock: {len(packages)} packages, {len(moved)} moved")


class Apt:
    """apt with lists and settings of its own below `folder`."""

    def __init__(self, folder):
        for sub in ("lists/partial", "cache/archives/partial", "none"):
            (folder / sub).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        lines = [f"deb [signed-by={KEYRING}] {MIRROR}/{archive} {suite} {COMPONENTS}\n" for archive, suite in SUITES]
        (folder / "sources.list").write_text("".join(lines))
        architectures = " ".join(f'"{a}";' for a in profile.ARCHITECTURES.values())
        (folder / "apt.conf").write_text(
            f'Dir::State "{folder}";\nDir::State::Lists "{folder}/lists";\nDir::State::status "{folder}/status";\n'
            f'Dir::Cache "{folder}/cache";\nDir::Etc::sourcelist "{folder}/sources.list";\nDir::Etc::sourceparts "{folder}/none";\n'
            f'Dir::Etc::parts "{folder}/none";\nDir::Etc::preferences "{folder}/none/none";\nDir::Etc::preferencesparts "{folder}/none";\n'
            f'#clear APT::Architectures;\nAPT::Architectures {{ {architectures} }};\nAcquire::Languages "none";\nAPT::Sandbox::User "";\n'
        )
        self.environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C"}

    def run(self, *command):
        """Runs one of apt's commands and returns what it printed."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Trouble(f"{' '.join(command)} failed: {done.stderr.strip()}. Cure: is {MIRROR} reachable from here?")
        return done.stdout

    def package(self, name, architecture):
        """The newest version of a package, followed to the real one if it only points to it."""
        shown = self.run("apt-cache", "show", "--no-all-versions", f"{name}:{architecture}")
        pointer = POINTER.search(shown)
        real = pointer["real"] if pointer else name
        if pointer:
            shown = self.run("apt-cache", "show", "--no-all-versions", f"{real}:{architecture}")
        fields = dict(line.split(": ", 1) for line in shown.split("\n\n", 1)[0].splitlines() if re.match(r"[A-Z][\w-]*: ", line))
        found = URI.search(self.run("apt-get", "--print-uris", "download", f"{real}:{architecture}").strip())
        if not found or not found["uri"].startswith(f"{MIRROR}/"):
            raise Trouble(f"apt names no file for {real}:{architecture}. Cure: does Debian 12 still have it? Else take it out of image/programs.toml")
        return lock.Package(
            name=real,
            version=fields["Version"],
            architecture=fields["Architecture"],
            pool=unquote(found["uri"].removeprefix(f"{MIRROR}/")),
            size=int(found["size"]),
            sha256=found["sha256"],
            stands_for=name if pointer else "",
        )
