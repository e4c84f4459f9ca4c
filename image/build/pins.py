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
    progress.step("what they have of the packages that images are made of")
    packages = apt.packages(wanted.all_packages())
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

    def packages(self, names):
        """The newest version of each (package, architecture), followed to the real one where it only points to it."""
        shown = self.show(names)
        pointers = {}
        for name in names:
            pointer = POINTER.search(shown[name])
            if pointer:
                pointers[pointer["real"], name[1]] = name[0]
        real = [name for name in names if name[0] not in pointers.values()] + sorted(pointers)
        shown |= self.show(pointers) if pointers else {}
        exact = [name if self.fields(shown[name, a])["Architecture"] == "all" else f"{name}:{a}" for name, a in real]
        files = self.run("apt-get", "--print-uris", "download", *exact)
        by_digest = {found["sha256"]: found["uri"] for found in map(URI.match, files.splitlines()) if found}
        return [self.package(shown[name], by_digest, pointers.get(name, "")) for name in real]

    def show(self, names):
        """{(package, architecture): its paragraph in Debian's list}."""
        # a package for all architectures is found by its bare name; asking for both does no harm
        asked = [f"{name}:{architecture}" for name, architecture in names] + [name for name, _ in names]
        text = self.run("apt-cache", "show", "--no-all-versions", *asked)
        paragraphs = {}
        for paragraph in text.split("\n\n"):
            fields = self.fields(paragraph)
            if fields:
                paragraphs[fields["Package"], fields["Architecture"]] = paragraph
        found = {(name, a): paragraphs.get((name, a)) or paragraphs.get((name, "all")) for name, a in names}
        missing = [f"{name}:{a}" for (name, a), paragraph in found.items() if paragraph is None]
        if missing:
            raise Trouble(f"Debian 12 has no {', '.join(missing)}. Cure: is it spelt so in image/programs.toml and board/?")
        return found

    @staticmethod
    def fields(paragraph):
        """The one-line fields of a paragraph."""
        return dict(line.split(": ", 1) for line in paragraph.splitlines() if re.match(r"[A-Z][\w-]*: ", line))

    def package(self, paragraph, by_digest, stands_for):
        """The pin for a paragraph of Debian's list."""
        fields = self.fields(paragraph)
        place = by_digest.get(fields["SHA256"], "")
        if not place.startswith(f"{MIRROR}/"):
            raise Trouble(f"apt names no file for {fields['Package']} {fields['Version']}. Cure: try again, Debian may be changing just now")
        return lock.Package(
            name=fields["Package"],
            version=fields["Version"],
            architecture=fields["Architecture"],
            pool=unquote(place.removeprefix(f"{MIRROR}/")),
            size=int(fields["Size"]),
            sha256=fields["SHA256"],
            stands_for=stands_for,
        )
