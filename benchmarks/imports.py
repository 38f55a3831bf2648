"""How long a catalogue takes to import, and how much memory."""

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import tables
from benchmarks.sites import BIN


def measure(ini: Path, catalogue: Path) -> None:
    """Imports the catalogue twice and compares that with starting the command alone."""
    print(f"\nImporting {catalogue.name} …", flush=True)
    start, memory_at_start, _ = _run([BIN / "pypi-web", "--help"])
    command = [BIN / "pypi-web", "--config", ini, "import", "catalogue", catalogue]
    first, memory, summary = _run(command)
    again, memory_again, _ = _run(command)
    print(summary, end="")
    tables.show(
        "Importing a catalogue",
        ("", "time", "against starting", "peak memory"),
        [
            _row("starting the command", start, start, memory_at_start),
            _row("importing it", first, start, memory),
            _row("importing it again", again, start, memory_again),
        ],
    )


def _row(label: str, duration: float, base: float, memory: int) -> tuple[str, ...]:
    return label, tables.seconds(duration), tables.ratio(duration, base), tables.mebibytes(memory)


def _run(command: list[str | Path]) -> tuple[float, int, str]:
    """Seconds, bytes of peak memory, and what the command says."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None, "it is a pipe"
    summary = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    duration = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} has failed: {summary}")
    unit = 1 if sys.platform == "darwin" else 1024
    return duration, usage.ru_maxrss * unit, summary
