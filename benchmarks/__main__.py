"""`python -m benchmarks [CATALOGUE]`: importing, pages, a large wheel, many small ones, what
installers ask, what it costs to know who asks, and what changes as an index grows."""

import argparse
import tempfile
from pathlib import Path

from benchmarks import growing, imports, pages, people, reads, transfers, uploads
from benchmarks.catalogues import write_catalogue
from benchmarks.sites import forget_outside_settings, make_site

PARTS = ("catalogue", "transfers", "uploads", "reads", "people")
ALONE = ("growth",)
"""Parts that take too long to be measured with the others."""


def main() -> None:
    arguments = _parse_arguments()
    forget_outside_settings()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        folder = Path(name)
        if "catalogue" in arguments.only:
            _measure_catalogue(folder, arguments.catalogue, rounds=arguments.rounds)
        if "transfers" in arguments.only:
            transfers.measure(
                make_site(folder / "empty"), folder, size=arguments.megabytes * 1_000_000, rounds=3
            )
        if "uploads" in arguments.only:
            uploads.measure(folder / "uploads")
        if "reads" in arguments.only:
            reads.measure(folder / "reads")
        if "people" in arguments.only:
            people.measure(folder / "people")
        if "growth" in arguments.only:
            growing.measure(folder / "growth", projects=arguments.projects, files=arguments.files)


def _measure_catalogue(folder: Path, catalogue: Path | None, *, rounds: int) -> None:
    if catalogue is None:
        print("No catalogue is given: one of the same shape is made.", flush=True)
        catalogue = write_catalogue(folder / "catalogue")
    ini = make_site(folder / "site")
    imports.measure(ini, catalogue)
    pages.measure(ini, rounds=rounds)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("catalogue", nargs="?", type=Path, help="a folder, archive or document")
    parser.add_argument(
        "--only", action="append", choices=PARTS + ALONE, help="a part to measure, instead of all"
    )
    parser.add_argument("--rounds", type=int, default=50, help="how often each page is asked for")
    parser.add_argument("--megabytes", type=int, default=300, help="the size of the large wheel")
    parser.add_argument(
        "--projects", type=int, default=growing.PROJECTS, help="how large an index grows"
    )
    parser.add_argument("--files", type=int, default=growing.FILES, help="the files of all these")
    arguments = parser.parse_args()
    if arguments.files < arguments.projects:
        parser.error("each project has a file at the least: ask for as many files as projects")
    arguments.only = arguments.only or PARTS
    return arguments


if __name__ == "__main__":
    main()
