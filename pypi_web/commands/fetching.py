"""Fetches ahead what lists of requirements and locks ask for, some at a time."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from pypi_web.commands.stored import progress, tell
from pypi_web.mirror import Mirror, ahead
from pypi_web.mirror.files import Wanted
from pypi_web.standards import lock_files
from pypi_web.standards.lock_files import UnreadableList, Wish
from pypi_web.upstream import UpstreamUnavailable

AT_ONCE = 8

_TOLD_HERE = ("pypi_web.mirror.turns", "pypi_web.mirror.files")
"""Who logs what a question or a file failed with, of which a sentence is told anyway."""

Thing = TypeVar("Thing")
Result = TypeVar("Result")


@dataclass
class Fetched:
    """What became of the wishes, counted; each problem was told."""

    projects: int = 0
    hosted: int = 0
    files: int = 0
    size: int = 0
    problems: int = 0

    @property
    def summary(self) -> str:
        told = f"Projects: {self.projects:,}. Files: {self.files:,} here, {self.size:,} bytes."
        if self.hosted:
            told += f" Hosted here anyway: {self.hosted:,}."
        if self.problems:
            told += f" Not fetched: {self.problems:,}, named above."
        return told

    def tell_problem(self, sentence: str) -> None:
        self.problems += 1
        tell(sentence, err=True)


def read_lists(paths: Iterable[Path]) -> Iterator[Wish]:
    """The wishes of files and of those that they include, each once; says what is passed over."""
    rest, seen = [(path, path.resolve().parent) for path in paths], set()
    wishes: dict[Wish, None] = {}
    while rest:
        path, folder = rest.pop(0)
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        try:
            found = lock_files.read(path)
        except OSError as error:
            raise click.ClickException(f"{path} cannot be read: {error.strerror}.") from None
        except UnreadableList as error:
            raise click.ClickException(f"{path} cannot be used: {error}") from None
        for each in found.passed_over:
            tell(f"{path}: passed over, for no index has it: {each}", err=True)
        wishes |= dict.fromkeys(found.wishes)
        for other in found.others:
            included = path.parent / other
            if not included.resolve().is_relative_to(folder):
                raise click.ClickException(
                    f"{path} includes {other}, which is outside of {folder}: name it yourself with"
                    " -r, if you want what is in it."
                )
            rest.append((included, folder))
    yield from wishes


def fetch_all(mirror: Mirror, wishes: Sequence[Wish]) -> Fetched:
    """Fetches what can be had of the wishes, and says what cannot."""
    with _silenced(_TOLD_HERE):
        return _fetch_all(mirror, wishes)


def _fetch_all(mirror: Mirror, wishes: Sequence[Wish]) -> Fetched:
    fetched = Fetched(projects=len({each.project for each in wishes}))
    wanted: dict[tuple[str, str], Wanted] = {}
    with progress(len(wishes), "Asking") as bar:
        for _, planned in _at_once(partial(ahead.plan, mirror), wishes):
            plan = planned.result()
            bar.update(1)
            fetched.hosted += plan.is_hosted
            for sentence in plan.problems:
                fetched.tell_problem(sentence)
            wanted |= {(each.file.filename, each.sha256): each for each in plan.files}
    if wanted:
        _bring_all(mirror, list(wanted.values()), fetched)
    return fetched


def _bring_all(mirror: Mirror, wanted: Sequence[Wanted], fetched: Fetched) -> None:
    sizes = [each.file.size for each in wanted]
    counts_bytes = None not in sizes
    length = sum(each or 0 for each in sizes) if counts_bytes else len(wanted)
    with progress(length, "Fetching") as bar:
        counter = _Counter(bar, counts_bytes=counts_bytes)
        for one, brought in _at_once(partial(_bring, mirror, counter), wanted):
            with counter.ending(one):
                try:
                    fetched.size += brought.result()
                    fetched.files += 1
                except UpstreamUnavailable as error:
                    fetched.tell_problem(f"{one.project}: {one.file.filename}: {error}")


def _bring(mirror: Mirror, counter: "_Counter", one: Wanted) -> int:
    return ahead.bring(mirror, one, on_progress=partial(counter.note, one))


class _Counter:
    """Moves a progress bar, which one thread at a time may touch: by the bytes that come, or by
    files. Each file has moved it by all of its own in the end, whatever became of it."""

    def __init__(self, bar: Any, *, counts_bytes: bool) -> None:
        self._bar = bar
        self._counts_bytes = counts_bytes
        self._lock = threading.Lock()
        self._counted: dict[tuple[str, str], int] = {}

    def note(self, one: Wanted, size: int) -> None:
        if self._counts_bytes:
            with self._lock:
                self._move(one, size)

    @contextmanager
    def ending(self, one: Wanted) -> Iterator[None]:
        """Whatever is told in the block stands in a line of its own."""
        with self._lock:
            yield
            size = (one.file.size or 0) if self._counts_bytes else 1
            self._move(one, size)

    def _move(self, one: Wanted, size: int) -> None:
        """As far as is left of the file: a kept one may have another size than its page says."""
        whole = (one.file.size or 0) if self._counts_bytes else 1
        key = one.file.filename, one.sha256
        counted = self._counted.get(key, 0)
        step = min(size, whole - counted)
        self._counted[key] = counted + step
        self._bar.update(step)


@contextmanager
def _silenced(names: Iterable[str]) -> Iterator[None]:
    """Without the lines that these loggers write, up to errors."""
    with ExitStack() as stack:
        for each in map(logging.getLogger, names):
            stack.callback(each.setLevel, each.level)
            each.setLevel(logging.ERROR)
        yield


def _at_once(
    act: Callable[[Thing], Result], things: Sequence[Thing]
) -> Iterator[tuple[Thing, "Future[Result]"]]:
    """Does something for all, AT_ONCE at a time; gives each once it is done, whatever came of it.
    Where the command is stopped, what has not begun does not."""
    threads = ThreadPoolExecutor(AT_ONCE)
    try:
        futures = {threads.submit(act, each): each for each in things}
        for future in as_completed(futures):
            yield futures[future], future
    finally:
        threads.shutdown(cancel_futures=True)
