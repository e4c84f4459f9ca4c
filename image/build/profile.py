"""A board's profile as the builder needs it. What it may say in full, and what is wrong with a wrong one, is src/board's to judge."""

import tomllib
from dataclasses import dataclass

from .paths import BOARDS
from .progress import Trouble

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
METHODS = ("uefi", "raspberry-pi", "u-boot")


@dataclass(frozen=True)
class Profile:
    """One `board/<name>.toml`.

    `options`: {module: its parameters}; `device_trees`: a path, or a pattern for several, or empty; sizes in megabytes of a million bytes.
    """

    name: str
    title: str
    machine: str
    tried: str
    modules: tuple
    options: dict
    kernel: str
    device_trees: str
    console: str
    method: str
    u_boot: dict
    firmware_mb: int

    @property
    def architecture(self):
        """Debian's word for the machine."""
        return ARCHITECTURES[self.machine]


def names():
    """The boards there are."""
    return sorted(file.stem for file in BOARDS.glob("*.toml"))


def read(name):
    """The profile of the board with this name."""
    file = BOARDS / f"{name}.toml"
    if not file.is_file():
        raise Trouble(f"There is no board {name!r}. There are: {', '.join(names())}. Cure: make image BOARD=<one of them>")
    try:
        return parse(name, tomllib.loads(file.read_text()))
    except tomllib.TOMLDecodeError as why:
        raise Trouble(f"board/{name}.toml is not TOML: {why}") from why
    except KeyError as key:
        raise Trouble(f"board/{name}.toml lacks the key {key}") from key


def parse(name, text):
    """The profile that a parsed TOML file describes."""
    modules = text["modules"]
    method = text["boot"]["method"]
    if text["machine"] not in ARCHITECTURES:
        raise Trouble(f"board/{name}.toml: machine is {text['machine']!r}, but can only be one of {', '.join(ARCHITECTURES)}")
    if method not in METHODS:
        raise Trouble(f"board/{name}.toml: boot.method is {method!r}, but can only be one of {', '.join(METHODS)}")
    watchdog = text.get("watchdog", {})
    return Profile(
        name=name,
        title=text["title"],
        machine=text["machine"],
        tried=text["tried"],
        modules=tuple(modules["storage"] + modules["network"] + modules["other"] + [watchdog["module"]] * bool(watchdog)),
        options={watchdog["module"]: watchdog.get("options", "")} if watchdog else {},
        kernel=text["kernel"]["package"],
        device_trees=text["kernel"].get("device_tree", ""),
        console=text["console"]["arguments"],
        method=method,
        u_boot=text["boot"].get("u_boot", {}),
        firmware_mb=text["budget"]["firmware_mb"],
    )
