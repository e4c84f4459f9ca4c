"""Builds the firmware image of a board: Debian's kernel and programs at pinned versions, siembox, and the disk they boot from.

One module for each thing that is made, in the order in which `steps.py` makes them. Python's own library only; the programs that
write file systems and archives are Debian's, pinned like everything else, so that the same inputs give the same bytes on any machine.
"""
