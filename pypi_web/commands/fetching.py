"""Fetches ahead what lists of requirements and locks ask for, some at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import click

from pypi_web.commands.stored import progress, tell
from pypi_web.mirror import Mirror, ahead
from pypi_web.mirror.files import Wanted
from pypi_web.standards import lock_files
from pypi_web.standards.lock_files import UnreadableList, Wish
from pypi_web.upstream import UpstreamUnavailable

AT_ONCE = 8

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
    rest, seen = list(paths), set()
    wishes: dict[Wish, None] = {}
    while rest:
        path = rest.pop(0)
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
        rest += [path.parent / other for other in found.others]
    yield from wishes


def fetch_all(mirror: Mirror, wishes: Sequence[Wish]) -> Fetched:
    """Fetches what can be had of the wishes, and says what cannot."""
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
    with progress(sum(each.file.size or 0 for each in wanted.values()), "Fetching") as bar:
        for one, brought in _at_once(partial(ahead.bring, mirror), list(wanted.values())):
            bar.update(one.file.size or 0)
            try:
                fetched.size += brought.result()
                fetched.files += 1
            except UpstreamUnavailable as error:
                fetched.tell_problem(f"{one.project}: {one.file.filename}: {error}")
    return fetched


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
