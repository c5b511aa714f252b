"""What the processes of a tunnel use: processor time and memory, with all that descend from them."""
import os
import pathlib
import re

from ..world import family

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    total = 0
    for pid in family(pids):
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def memory_kib(pids):
    """Pages written by those processes and shared with no other."""
    total = 0
    for pid in family(pids):
        try:
            found = re.search(r"^Private_Dirty:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        total += int(found[1]) if found else 0
    return total
