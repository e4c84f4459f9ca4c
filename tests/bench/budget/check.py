"""Holds the instructions that a record costs against budget.toml: `make check-budget`, `make check-budget ACCEPT=1`.

check.py [--accept]        reads gungraun's JSON, one object a benchmark, from standard input
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
FILE = HERE / "budget.toml"
# more than this above the budget is a failure, percent
TOLERANCE = 5
# another compiler or C library counts differently without anybody having changed siembox
TOLERANCE_ELSEWHERE = 25


def records():
    return int(re.search(r"const RECORDS: usize = (\d+)", (HERE / "main.rs").read_text())[1])


def instructions(summary):
    """Callgrind's `Ir` of one benchmark, all its parts together."""
    return summary["profiles"][0]["data"]["total"]["metrics"]["Ir"]["values"]["new"]


def measured():
    text, decoder, counts = sys.stdin.read(), json.JSONDecoder(), {}
    start = text.find("{")
    while start >= 0:
        summary, end = decoder.raw_decode(text, start)
        counts[summary["function_name"]] = round(instructions(summary) / records())
        start = text.find("{", end)
    return counts


def here():
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    machine = subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout.strip()
    libc = subprocess.run(["getconf", "GNU_LIBC_VERSION"], capture_output=True, text=True).stdout.strip()
    return {"rustc": rustc, "machine": machine, "libc": libc}


def accept(counts):
    lines = [
        "# Instructions that one record (of spool_batch: one line) may cost, counted by valgrind. `make check-budget` fails where",
        f"# one is more than {TOLERANCE} % above. To raise one on purpose: `make check-budget ACCEPT=1`, and say why in the commit.",
        "# Another compiler, machine or C library counts differently: there the check warns, and fails only from",
        f"# {TOLERANCE_ELSEWHERE} % on.",
        "",
        "[counted_with]",
        *(f'{key} = "{value}"' for key, value in here().items()),
        "",
        "[instructions]",
        *(f"{name} = {count}" for name, count in counts.items()),
    ]
    FILE.write_text("\n".join(lines) + "\n")


def main():
    counts = measured()
    if not counts:
        sys.exit("gungraun counted nothing: see its words above")
    before = tomllib.loads(FILE.read_text()) if FILE.exists() else {"counted_with": {}, "instructions": {}}
    budget, tolerance = before["instructions"], TOLERANCE
    elsewhere = [f"{key} {value} (budget: {before['counted_with'].get(key, 'none')})" for key, value in here().items()
                 if before["counted_with"].get(key) != value]
    if "--accept" in sys.argv:
        accept(counts)
    elif elsewhere:
        tolerance = TOLERANCE_ELSEWHERE
        print(f"WARNING: counted with {', '.join(elsewhere)}: only {tolerance} % and more count as too much")
    print(f"\n{'instructions per record':24} {'budget':>8} {'now':>8} {'change':>8}")
    failed = False
    for name, count in counts.items():
        allowed = budget.get(name)
        change = (count / allowed - 1) * 100 if allowed else None
        over = change is None or change > tolerance
        word = "no budget" if change is None else "TOO MUCH" if over else "fewer: lower it" if change < -tolerance else ""
        failed |= over
        print(f"{name:24} {allowed or '-':>8} {count:>8} {'' if change is None else f'{change:+7.1f}%':>8}  {word}")
    for name in budget.keys() - counts.keys():
        failed = True
        print(f"{name:24} {budget[name]:>8} {'-':>8}  not measured any more")
    if "--accept" in sys.argv:
        print(f"\nAccepted into {FILE.relative_to(Path.cwd())}")
    elif failed:
        sys.exit("\nOver the budget. Find the reason (callgrind's profiles: target/gungraun); or raise the budget on purpose:\n"
                 "    make check-budget ACCEPT=1")


main()
