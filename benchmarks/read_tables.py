"""What the servers took to be read, as tables."""

from collections.abc import Sequence

from benchmarks import processes, tables
from benchmarks.readers import (
    CONNECTIONS,
    DOWNLOADS,
    FILES,
    GZIP,
    LARGE,
    PLAIN,
    ROUNDS,
    UNCHANGED,
    Reader,
)

BASE = "nginx"
OURS = "pypi_web, SQLite, for anyone"
"""What the peers are compared with, which are for anyone too."""

AGAINST = (f"against {BASE}", "against ours")

TITLES = {
    PLAIN: "The page",
    GZIP: "The page, with Accept-Encoding: gzip",
    UNCHANGED: "The page, with Accept-Encoding: gzip and If-None-Match (304)",
}


def show(readers: Sequence[Reader]) -> None:
    for kind, title in TITLES.items():
        some = [each for each in readers if kind in each.requests]
        speeds = {each.name: each.speed(kind) for each in some}
        rows = []
        for reader in some:
            range_of = [each.speed for each in reader.loads[kind]]
            size = reader.sizes[kind]
            rows.append(
                (
                    reader.name,
                    f"{size / 1000:.0f} kB" if size else "",
                    f"{speeds[reader.name]:.0f}/s ({min(range_of):.0f}-{max(range_of):.0f})",
                    tables.microseconds(reader.busy[kind]),
                    *_ratios(speeds, reader.name),
                )
            )
        tables.show(
            f"{title}: {FILES} files, over {CONNECTIONS} connections kept alive (medians of"
            f" {ROUNDS})",
            ("", "size", "speed", "processor each", *AGAINST),
            rows,
        )
        others = [each.name for each in readers if kind not in each.requests]
        if others:
            print(f"  Not with {', '.join(others)}.")
        if kind == UNCHANGED:
            for reader in some:
                if reader.closes:
                    print(f"  {reader.name}: the connection ends with each 304.")
    _show_downloads([each for each in readers if each.downloads])
    _show_memory(readers)


def _show_downloads(readers: Sequence[Reader]) -> None:
    alone, together = (
        {each.name: each.download_speed(at_once) for each in readers} for at_once in (1, DOWNLOADS)
    )
    tables.show(
        f"A file of {LARGE / 1e6:.0f} MB (medians of {ROUNDS} rounds of {DOWNLOADS} downloads)",
        ("", "one by one", *AGAINST, f"{DOWNLOADS} at once", *AGAINST),
        [
            (
                each.name,
                f"{alone[each.name] / 1e6:.0f} MB/s",
                *_ratios(alone, each.name),
                f"{together[each.name] / 1e6:.0f} MB/s",
                *_ratios(together, each.name),
            )
            for each in readers
        ],
    )


def _ratios(speeds: dict[str, float], name: str) -> list[str]:
    """How many times as fast as nginx and as we are; nothing where one of these is missing."""
    return [
        tables.ratio(speeds[name], speeds[base]) if base in speeds else "" for base in (BASE, OURS)
    ]


def _show_memory(readers: Sequence[Reader]) -> None:
    rows = []
    for reader in readers:
        found = [processes.memory(pid) for pid in processes.family(reader.target.pid)]
        known = [each for each in found if each is not None]
        if known:
            now = " + ".join(tables.mebibytes(each.now).removesuffix(" MiB") for each in known)
            peak = " + ".join(tables.mebibytes(each.peak).removesuffix(" MiB") for each in known)
            rows.append((reader.name, now, peak))
    tables.show("Memory of each process afterwards, in MiB", ("", "now", "at most"), rows)
