"""What a person sees: a line for each step, and a sentence with a cure when one cannot be done."""

import sys
import time


class Trouble(Exception):
    """Something that the person at the keyboard can cure; its text says what, why and how."""


class Progress:
    """Prints `[ 12.3 s] what is being done`, to standard error, so that standard output stays for the result."""

    def __init__(self, quiet=False):
        self.begun = time.monotonic()
        self.quiet = quiet

    def step(self, text):
        """A step that begins now."""
        if not self.quiet:
            print(f"[{time.monotonic() - self.begun:6.1f} s] {text}", file=sys.stderr, flush=True)


def megabytes(size):
    """`size` bytes as people read it: decimal megabytes, as disks and downloads are sold."""
    return f"{size / 1e6:.1f} MB"
