"""Brings files of upstream's here before anybody asks for them, by the rules that hold for whoever
asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from packaging.specifiers import SpecifierSet

from pypi_web import clock
from pypi_web.data.session import reading
from pypi_web.mirror import Mirror, hosting, missing, rules
from pypi_web.mirror.files import Wanted
from pypi_web.mirror.imported import list_imported
from pypi_web.mirror.rules import Offer
from pypi_web.settings import Settings
from pypi_web.standards import distribution_names, versions
from pypi_web.standards.lock_files import LockedFile, Wish
from pypi_web.standards.upstream_pages import UpstreamFile, UpstreamPage
from pypi_web.upstream import UpstreamUnavailable


@dataclass(frozen=True)
class Plan:
    """What a wish comes to: files that can be had, and why others cannot, a sentence each."""

    files: tuple[Wanted, ...] = ()
    problems: tuple[str, ...] = ()
    is_hosted: bool = field(default=False, kw_only=True)
    """Whether the project is hosted here, so that nothing of it comes from upstream; but for files
    that were imported."""


def plan(mirror: Mirror, wish: Wish) -> Plan:
    """Which files a wish is for, by the project's page, which is here from then on."""
    project = wish.project
    with reading(mirror.engine) as db:
        is_hosted = hosting.is_hosted(db, project)
        ours = list_imported(db, project) if is_hosted else None
    if is_hosted and not ours:
        return Plan(is_hosted=True)
    if rules.is_reserved(mirror.settings, project):
        reserved = "the name is reserved (setting pypi_web.mirror.reserved), and not hosted here"
        return Plan(problems=(f"{project}: {reserved}.",))
    try:
        known = mirror.pages.find(project, of_hosted=is_hosted)
    except UpstreamUnavailable as error:
        return Plan(problems=(f"{project}: {error}",))
    if known is None:
        return Plan(problems=(f"{project}: upstream has no such project.",))
    offer = rules.judge(mirror.settings, project, known.page, clock.now())
    locked = wish.files
    if ours:
        files_of_ours = [each for each in offer.files if (each.filename, each.sha256) in ours]
        offer = replace(offer, files=tuple(files_of_ours))
        files, problems = _find_imported(mirror.settings, wish, known.page, offer, ours)
    elif locked is not None:
        files, problems = _find_locked(project, offer, locked)
    else:
        files = _choose(offer, wish.specifier)
        problems = [] if files else [_nothing_matches(wish, offer)]
    return Plan(tuple(Wanted(project, each) for each in files), tuple(problems))


def bring(
    mirror: Mirror, wanted: Wanted, *, on_progress: Callable[[int], object] = lambda _size: None
) -> int:
    """Has a file and its metadata kept here, and waits until they are; gives the file's size.
    `on_progress` is told of each few bytes that have come.

    Raises UpstreamUnavailable, also where the project was claimed meanwhile.
    """
    files = mirror.files
    if files.find(wanted.file.filename, wanted.sha256) is None:
        raise UpstreamUnavailable("It is no longer offered here.")
    size = files.kept.find_size(wanted)
    if size is None:
        reader = files.fetch(wanted)
        size = reader.find_size()
        for chunk in reader.read(0, size):  # its end comes when all of it is here, and right
            on_progress(len(chunk))
    else:
        on_progress(size)
        files.kept.note_use(wanted)
    files.metadata_of(wanted)
    return size


def _choose(offer: Offer, specifier: SpecifierSet) -> list[UpstreamFile]:
    """All files of the newest version that is taken: a final one where there is one, and of a
    yanked one only where it is pinned (PEP 592)."""
    is_pinned = any(
        each.operator in ("==", "===") and not each.version.endswith(".*") for each in specifier
    )
    by_version: dict[str, list[UpstreamFile]] = {}
    for file in offer.files:
        if is_pinned or file.yanked is None:
            _, version = distribution_names.split(file.filename)
            by_version.setdefault(versions.canonical(version), []).append(file)
    taken = [*specifier.filter(by_version, prereleases=False)] or [
        *specifier.filter(by_version, prereleases=True)
    ]
    return by_version[max(taken, key=versions.sort_key)] if taken else []


def _find_locked(
    project: str, offer: Offer, locked: Sequence[LockedFile]
) -> tuple[list[UpstreamFile], list[str]]:
    offered = {each.filename: each for each in offer.files}
    files, problems = [], []
    for each in locked:
        found = offered.get(each.filename)
        if found is None:
            problems.append(_explain(f"{project}: upstream offers no {each.filename}.", offer))
        elif each.sha256 not in (None, found.sha256):
            problems.append(
                f"{project}: {each.filename} is another file upstream than in the lock: its"
                " SHA-256 is not the same."
            )
        else:
            files.append(found)
    return files, problems


def _find_imported(
    settings: Settings, wish: Wish, page: UpstreamPage, offer: Offer, ours: set[tuple[str, str]]
) -> tuple[list[UpstreamFile], list[str]]:
    """Of a project that was imported, whose other files are here; `offer` is what upstream has of
    `ours`."""
    names = {filename for filename, _ in ours}
    had = {each.filename for each in offer.files}
    if wish.files is not None:
        locked = [each for each in wish.files if each.filename in names]
        lost = [each.filename for each in locked if each.filename not in had]
        found = [each for each in locked if each.filename in had]
        files, problems = _find_locked(wish.project, offer, found)
    else:
        files, problems = _choose(offer, wish.specifier), []
        lost = [] if files else sorted(names - had)
        lost = [each for each in lost if _is_of(wish.specifier, each)]
    said = (missing.explain(settings, wish.project, page, each) for each in lost)
    problems += [f"{wish.project}: {each}" for each in said]
    return files, problems


def _is_of(specifier: SpecifierSet, filename: str) -> bool:
    return specifier.contains(distribution_names.split(filename)[1], prereleases=True)


def _nothing_matches(wish: Wish, offer: Offer) -> str:
    return _explain(f"{wish.project}: upstream offers nothing for {wish.specifier or 'it'}.", offer)


def _explain(sentence: str, offer: Offer) -> str:
    return " ".join((sentence, *offer.reasons))
