"""`python -m benchmarks [CATALOGUE]`: importing, pages, and a large wheel there and back."""

import argparse
import tempfile
from pathlib import Path

from benchmarks import imports, pages, transfers
from benchmarks.catalogues import write_catalogue
from benchmarks.sites import forget_outside_settings, make_site


def main() -> None:
    arguments = _parse_arguments()
    forget_outside_settings()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        folder = Path(name)
        catalogue = arguments.catalogue
        if catalogue is None:
            print("No catalogue is given: one of the same shape is made.", flush=True)
            catalogue = write_catalogue(folder / "catalogue")
        ini = make_site(folder / "site")
        imports.measure(ini, catalogue)
        pages.measure(ini, rounds=arguments.rounds)
        transfers.measure(
            make_site(folder / "empty"), folder, size=arguments.megabytes * 1_000_000, rounds=3
        )


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("catalogue", nargs="?", type=Path, help="a folder, archive or document")
    parser.add_argument("--rounds", type=int, default=50, help="how often each page is asked for")
    parser.add_argument("--megabytes", type=int, default=300, help="the size of the large wheel")
    return parser.parse_args()


if __name__ == "__main__":
    main()
