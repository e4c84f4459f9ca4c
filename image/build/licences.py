"""LICENCES.TXT on the ESP: what the image is made of, under which terms, and where its source is."""

from .paths import version
from .unpacked import inside

SOURCE = "https://snapshot.debian.org/package"
RULE = "=" * 80


def text(packages, notices):
    """The whole file. `packages`: {pinned package: its folder}; `notices`: those of what is linked into siembox."""
    lines = [
        f"siembox {version()}, and what it stands on",
        "",
        "These packages of Debian are in this image, unchanged; their source is there, for as long as Debian keeps it,",
        f"and below {SOURCE}/ for ever:",
        "",
        *(f"  {p.name} {p.version}" for p in packages),
        "",
    ]
    for package, folder in packages.items():
        file = inside(folder, f"usr/share/doc/{package.name}/copyright")
        if file.is_file():
            lines += [RULE, f"{package.name} {package.version}", RULE, "", file.read_text(errors="replace").strip(), ""]
    lines += [RULE, "siembox", RULE, "", notices.strip(), ""]
    return "\r\n".join("\n".join(lines).splitlines()).encode()
