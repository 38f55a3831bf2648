"""What a server's processes take, where the system tells: Linux, by /proc."""

import os
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Memory:
    """Bytes that a process has now, and has had at most."""

    now: int
    peak: int


def family(pid: int) -> list[int]:
    """A process and all that it began, oldest first; itself alone where nothing is told."""
    found = [pid]
    for each in found:
        for children in _PROC.glob(f"{each}/task/*/children"):
            with suppress(OSError):  # it has ended since
                found += [int(child) for child in children.read_text().split()]
    return found


def busy_seconds(pid: int) -> float | None:
    """Seconds of a processor that a process and all that it began have used."""
    total = 0
    for each in family(pid):
        try:
            fields = (_PROC / str(each) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def memory(pid: int) -> Memory | None:
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return None
    now, peak = (re.search(rf"{name}:\s+(\d+) kB", status) for name in ("VmRSS", "VmHWM"))
    return Memory(int(now[1]) * 1024, int(peak[1]) * 1024) if now and peak else None


def answering(pids: list[int], connected: socket.socket) -> int | None:
    """Which process has taken a connection that was made to 127.0.0.1; None where it cannot be
    told."""
    names = (connected.getsockname(), connected.getpeername())
    ours, theirs = (f"0100007F:{port:04X}" for _, port in names)
    try:
        rows = [line.split() for line in (_PROC / "net" / "tcp").read_text().splitlines()]
    except OSError:
        return None
    inodes = [row[9] for row in rows if row[1] == theirs and row[2] == ours]
    for pid in pids:
        for each in _PROC.glob(f"{pid}/fd/*"):
            try:
                name = str(each.readlink())
            except OSError:
                continue
            if any(name == f"socket:[{inode}]" for inode in inodes):
                return pid
    return None
