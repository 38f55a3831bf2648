"""`python -m benchmarks [CATALOGUE]`: importing, pages, a large wheel, many small ones, and what
installers ask."""

import argparse
import tempfile
from pathlib import Path

from benchmarks import imports, pages, reads, transfers, uploads
from benchmarks.catalogues import write_catalogue
from benchmarks.sites import forget_outside_settings, make_site

PARTS = ("catalogue", "transfers", "uploads", "reads")


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
        "--only", action="append", choices=PARTS, help="a part to measure, instead of all"
    )
    parser.add_argument("--rounds", type=int, default=50, help="how often each page is asked for")
    parser.add_argument("--megabytes", type=int, default=300, help="the size of the large wheel")
    arguments = parser.parse_args()
    arguments.only = arguments.only or PARTS
    return arguments


if __name__ == "__main__":
    main()
