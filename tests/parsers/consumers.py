"""Reads lines as the content of public SIEM products does.

Argument: the folder with one TOML file a consumer, and that of the allowed differences. Standard
input: a JSON list of lines. Standard output: {"consumers", "differences"}; each consumer with its
patterns and, as "read", one entry a line: null where it does not take the line, else a list that
has for each pattern null or {group: value}.

Patterns stand in the files as Exabeam publishes them: Java's, with ({name}...) for a group. The
keys of "fields" are read by cefp.
"""

import json
import logging
import re
import sys
import tomllib
from pathlib import Path

import cefp

logging.disable(logging.CRITICAL)


def compiled(text):
    """A published pattern as Python's; ASCII classes, as Java has them."""
    return re.compile(re.sub(r"\(\{(\w+)\}", r"(?P<\1>", text), re.ASCII)


def field(line, key):
    """The value that a parser of CEF finds under a key, or in a field of the header."""
    try:
        parsed = cefp.parse(line[line.index("CEF:"):])
    except Exception:  # what it can't parse it does not read
        return None
    if key in ("name", "severity"):
        value = parsed[key]
    else:
        value = parsed["extension"].get(key)
    return {"value": value} if value else None


def groups(found):
    """The groups that a pattern filled; a pattern without any says that it matched."""
    return None if found is None else {k: v for k, v in found.groupdict().items() if v}


def takes(consumer, line):
    """Do the conditions of a consumer hold?"""
    some = consumer.get("any", [])
    has_all = all(text in line for text in consumer["conditions"])
    return has_all and (not some or any(text in line for text in some))


def main():
    """Reads all lines by all consumers."""
    lines = json.load(sys.stdin)
    consumers, differences = [], []
    for path in sorted(Path(sys.argv[1]).glob("*.toml")):
        consumer = tomllib.loads(path.read_text("utf-8"))
        if "difference" in consumer:
            differences = consumer["difference"]
            continue
        rows = [(compiled(row["regex"]), row) for row in consumer["pattern"]]
        keys = consumer.get("fields", [])
        read = []
        for line in lines:
            if not takes(consumer, line):
                read.append(None)
                continue
            seen = [groups(pattern.search(line)) for pattern, _ in rows]
            read.append(seen + [field(line, key) for key in keys])
        patterns = [row for _, row in rows] + [{"reads": key, "regex": key} for key in keys]
        consumers.append({
            "name": consumer["name"],
            "takes_by": consumer["takes_by"],
            "patterns": patterns,
            "read": read,
        })
    json.dump({"consumers": consumers, "differences": differences}, sys.stdout)


main()
