"""Debian's packages: fetched at their pinned versions, checked, kept in target/tools/debs, and unpacked there."""

import contextlib
import fcntl
import hashlib
import http.client
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from urllib.parse import quote

from .paths import DEBS
from .progress import Trouble, megabytes

MIRROR = "https://deb.debian.org"
SNAPSHOT = "https://snapshot.debian.org"
TIMEOUT_S = 60


def places(package):
    """Where the file of a package may be had: the mirror while it is current, snapshot.debian.org for ever."""
    yield f"{MIRROR}/{quote(package.pool)}"
    name = package.pool.rsplit("/", 1)[-1]
    version = quote(package.version, safe="")
    binary = f"{SNAPSHOT}/mr/binary/{package.name}/{version}/binfiles"
    yield from snapshot_places(binary, package, name)


def snapshot_places(binary, package, name):
    """snapshot.debian.org keeps files by SHA-1, which it tells for a name, version and architecture."""
    try:
        with urllib.request.urlopen(binary, timeout=TIMEOUT_S) as answer:
            files = json.load(answer)["result"]
        for file in files:
            if file["architecture"] == package.architecture:
                yield f"{SNAPSHOT}/file/{file['hash']}"
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        yield binary


def fetch(package, progress):
    """The package's file on this machine, with the bytes that the lock names."""
    file = DEBS / package.pool.rsplit("/", 1)[-1]
    if file.is_file() and digest(file) == package.sha256:
        return file
    tried = []
    for place in places(package):
        progress.step(f"{package}: {megabytes(package.size)} from {place}")
        why = download(place, file.with_suffix(".part"), package)
        if why is None:
            file.with_suffix(".part").replace(file)
            return file
        tried.append(f"{place}: {why}")
    raise Trouble(
        f"{package} is pinned in image/debian.lock and cannot be had any more. Tried:\n  "
        + "\n  ".join(tried)
        + "\nCure: make image-pins moves the pins to what Debian has now (or try again, if it is the network)"
    )


def download(place, part, package):
    """Fetches one file; says why not, or nothing if its bytes are the pinned ones."""
    try:
        with urllib.request.urlopen(place, timeout=TIMEOUT_S) as answer, part.open("wb") as into:
            shutil.copyfileobj(answer, into)
    except (OSError, urllib.error.URLError, http.client.HTTPException) as why:
        return str(why)
    found = digest(part)
    if found != package.sha256:
        part.unlink()
        return f"SHA-256 is {found}, pinned is {package.sha256}"
    return None


def digest(file):
    """SHA-256 of a file, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@contextlib.contextmanager
def alone():
    """Only one builder at a time fills the folder that all share; tests start several at once."""
    DEBS.mkdir(parents=True, exist_ok=True)
    with (DEBS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def unpack(package, progress):
    """The folder with the package's files; unpacked once for each version."""
    with alone():
        return unpack_alone(package, progress)


def unpack_alone(package, progress):
    """The same, for who holds the lock."""
    file = fetch(package, progress)
    folder = DEBS / "unpacked" / f"{file.stem}.{package.sha256[:8]}"
    if not folder.is_dir():
        progress.step(f"{package}: unpacking")
        fresh = folder.with_name(folder.name + ".part")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        done = subprocess.run(["dpkg-deb", "-x", file, fresh], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Trouble(f"{file} cannot be unpacked: {done.stderr.strip()}. Cure: delete it and try again")
        fresh.rename(folder)
    return folder
