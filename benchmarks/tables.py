"""Tables for people."""

import statistics
from collections.abc import Sequence


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table whose first column is text and whose others are numbers."""
    columns = list(zip(heads, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    print(f"\n{title}")
    for row in (heads, ["-" * width for width in widths], *rows):
        first, *others = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join((first, *others)), flush=True)


def seconds(duration: float) -> str:
    return f"{duration:.2f} s"


def milliseconds(duration: float) -> str:
    return f"{duration * 1000:.1f} ms"


def microseconds(durations: Sequence[float | None]) -> str:
    """The median of those that are known."""
    known = [each for each in durations if each is not None]
    return f"{statistics.median(known) * 1e6:.0f} us" if known else ""


def mebibytes(size: float) -> str:
    return f"{size / (1 << 20):.0f} MiB"


def ratio(value: float, base: float) -> str:
    return f"{value / base:.2f} x"
