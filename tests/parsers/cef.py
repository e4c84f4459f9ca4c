"""Reads CEF lines with two parsers from PyPI and says where a field comes back changed.

Standard input: one JSON object a line, {"line": the CEF text without a syslog header, "header": {class, name, severity},
"fields": {key: value}, "labels": {key: label}}. Standard output: one JSON object for each line on which a parser disagrees,
{"nth", "parser", "wrong": {key: [expected, found]}}; nothing where all agree. A field that must be absent has the value null.
"""

import json
import logging
import sys

import cefp
import pycef

logging.disable(logging.CRITICAL)  # pycef warns on each line it can't read; we count those ourselves


def by_cefp(case):
    """All fields as cefp sees them, under their own keys."""
    parsed = cefp.parse(case["line"])
    found = dict(parsed["extension"])
    found["|class"] = parsed["device"]["event_class_id"]
    found["|name"] = parsed["name"]
    found["|severity"] = parsed["severity"]
    return found


def by_pycef(case):
    """All fields as pycef sees them; it replaces a labelled key by the label, which is undone here."""
    parsed = pycef.parse(case["line"])
    if parsed is None:
        return {}
    for key, label in case["labels"].items():
        if label in parsed:
            parsed[key] = parsed.pop(label)
            parsed[key + "Label"] = label
    header = {"|class": "DeviceEventClassID", "|name": "Name", "|severity": "Severity"}
    own = ["DeviceVendor", "DeviceProduct", "DeviceVersion", "DeviceName", "DeviceSeverity", "CEFVersion"]
    found = {ours: parsed.pop(theirs, None) for ours, theirs in header.items()}
    found.update((key, value) for key, value in parsed.items() if key not in own)
    return found


def wrong(case, read):
    """What differs: {key: [expected, found]}."""
    expected = {"|" + key: value for key, value in case["header"].items()}
    expected.update(case["fields"])
    try:
        found = read(case)
    except Exception as error:  # a parser may do anything with a line it doesn't understand
        return {"line": ["to be read", repr(error)]}
    keys = expected.keys() | found.keys()
    return {key: [expected.get(key), found.get(key)] for key in sorted(keys) if expected.get(key) != found.get(key)}


def main():
    """Checks all cases."""
    for nth, row in enumerate(sys.stdin):
        case = json.loads(row)
        for parser, read in (("cefp", by_cefp), ("pycef", by_pycef)):
            difference = wrong(case, read)
            if difference:
                json.dump({"nth": nth, "parser": parser, "wrong": difference}, sys.stdout)
                print()


main()
