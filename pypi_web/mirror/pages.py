"""Pages of upstream's projects: asked for when somebody wants one, kept, and asked about again."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Engine, bindparam, select, update

from pypi_web import clock
from pypi_web.data import MirroredProject
from pypi_web.data.session import Database, insert_for_conflicts, reading
from pypi_web.mirror import hosting, rules
from pypi_web.mirror.doubts import AddressDoubt
from pypi_web.mirror.leases import Leases
from pypi_web.mirror.quick_writes import QuickWrites
from pypi_web.mirror.turns import RETRY, SLOW, Turns
from pypi_web.settings import Settings
from pypi_web.standards import distribution_names, names, simple_pages, upstream_pages
from pypi_web.standards.upstream_pages import UnreadablePage, UpstreamFile, UpstreamPage
from pypi_web.upstream import Found, Missing, Unchanged, Upstream, UpstreamUnavailable

log = logging.getLogger(__name__)

MISSING_FOR = timedelta(seconds=30)
"""How long it is believed that upstream has no such project."""

PATIENCE = SLOW
"""Seconds that upstream has to say whether a page has changed, before the one that is here is
given out; none where it has kept others waiting."""

WAIT = 25.0
"""Seconds that a reader waits for a page that is not here yet: installers themselves give up after
15 or 30, and ask again, which joins what was begun."""

_LOADED = 64 << 20
"""Bytes of the pages that stay as values, for those who ask for one file of a project after the
other."""

_LARGE = 4 << 20
"""Bytes of a page that is read while no other such one is: it takes many times as much memory."""

_NAMED = (MirroredProject.normalized_name == bindparam("name")) & (
    MirroredProject.upstream == bindparam("upstream")
)
_ROW = select(
    MirroredProject.page.is_not(None), MirroredProject.etag, MirroredProject.asked_at
).where(_NAMED)
_PAGE = select(MirroredProject.page).where(_NAMED)


@dataclass(frozen=True)
class KnownPage:
    """What upstream last said of a project; `tag` changes when that does."""

    name: str
    page: UpstreamPage
    tag: str
    asked_at: datetime
    is_stale: bool
    """Whether upstream should have been asked since, and could not be."""


@dataclass(frozen=True)
class _Row:
    """What is here, of this upstream and not of one that was set before."""

    has_page: bool
    etag: str | None
    asked_at: datetime


@dataclass(frozen=True)
class _Loaded:
    """A page as a value, of when it was asked for."""

    page: UpstreamPage
    tag: str
    asked_at: datetime
    size: int


class MirrorPages:
    def __init__(self, engine: Engine, upstream: Upstream, settings: Settings) -> None:
        self._engine = engine
        self._upstream = upstream
        self._address = upstream.address
        self._settings = settings
        self.writes = QuickWrites(engine)
        self.leases = Leases(engine, self.writes)
        self.turns = Turns(self.leases)
        self.doubt = AddressDoubt(engine, self._address)
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._loaded: OrderedDict[str, _Loaded] = OrderedDict()
        self._bytes_loaded = 0

    def find(self, name: str, *, of_hosted: bool = False) -> KnownPage | None:
        """The page of a project that is not hosted here, as new as it has to be; None where there
        is none, or upstream is not to be asked. `of_hosted`: whether it is hosted here or not, for
        what was imported.

        Raises UpstreamUnavailable where upstream does not answer and nothing is here that may
        stand in for its answer.
        """
        if not self._may_ask(name):
            return None
        row = self._find_row(name)
        if row is not None and self._is_fresh(row):
            if not row.has_page:
                return None
            known = self._load_known(name, row, is_stale=False)
            if known is not None:
                return known
        known = self._find_anew(name, row)
        # Somebody may have claimed the name while upstream was waited for.
        return known if of_hosted or not self._is_hosted(name) else None

    def find_kept(self, name: str, *, of_hosted: bool = False) -> KnownPage | None:
        """The page as it is here, however old: for files, which do not change under their address.
        Upstream is asked where there is none."""
        if not self._may_ask(name):
            return None
        row = self._find_row(name)
        known = self._load_known(name, row, is_stale=False) if row and row.has_page else None
        return known or self.find(name, of_hosted=of_hosted)

    def _find_anew(self, name: str, row: _Row | None) -> KnownPage | None:
        stands_in = None
        if row is not None and self._may_stand_in(row):
            stands_in = self._load_known(name, row, is_stale=True)
        try:
            self._refresh(name, stands_in)
        except (TimeoutError, UpstreamUnavailable) as error:
            if stands_in:
                log.warning("%s is answered as of %s: %s", name, stands_in.asked_at, error)
                return stands_in
            if isinstance(error, TimeoutError):
                raise UpstreamUnavailable("Upstream takes too long to answer.") from None
            raise
        row = self._find_row(name)
        if row is None or not row.has_page:
            return None
        return self._load_known(name, row, is_stale=False)

    def _is_hosted(self, name: str) -> bool:
        with reading(self._engine) as db:
            return hosting.is_hosted(db, name)

    def _may_ask(self, name: str) -> bool:
        is_a_name = len(name) <= names.MAX_LENGTH and names.is_valid(name)
        return is_a_name and not rules.is_reserved(self._settings, name)

    def fresh_until(self, known: KnownPage) -> datetime:
        """Until when the page need not be asked about."""
        if known.is_stale:
            return clock.now() + timedelta(seconds=RETRY)
        return known.asked_at + self._settings.mirror_fresh_for

    def _is_fresh(self, row: _Row) -> bool:
        lasts = self._settings.mirror_fresh_for
        return clock.now() < row.asked_at + (lasts if row.has_page else min(lasts, MISSING_FOR))

    def _may_stand_in(self, row: _Row) -> bool:
        return row.has_page and clock.now() < row.asked_at + self._settings.mirror_stale_for

    def _find_row(self, name: str) -> _Row | None:
        with reading(self._engine) as db:
            row = db.execute(_ROW, {"name": name, "upstream": self._address}).one_or_none()
        return None if row is None else _Row(*row)

    def _load_known(self, name: str, row: _Row, *, is_stale: bool) -> KnownPage | None:
        """None for a page that this release cannot read: it has to be asked for again."""
        with self._lock:
            loaded = self._loaded.get(name)
            if loaded is not None:
                self._loaded.move_to_end(name)
        if loaded is None or loaded.asked_at != row.asked_at:
            found = self._load(name)
            if found is None:
                return None
            loaded = self._remember(name, row.asked_at, *found)
        return KnownPage(name, loaded.page, loaded.tag, row.asked_at, is_stale)

    def _remember(self, name: str, asked_at: datetime, page: UpstreamPage, tag: str) -> _Loaded:
        loaded = _Loaded(page, tag, asked_at, page.size_in_memory)
        with self._lock:
            before = self._loaded.pop(name, None)
            self._bytes_loaded += loaded.size - (before.size if before else 0)
            self._loaded[name] = loaded
            while self._bytes_loaded > _LOADED:
                self._bytes_loaded -= self._loaded.popitem(last=False)[1].size
        return loaded

    def _load(self, name: str) -> tuple[UpstreamPage, str] | None:
        with reading(self._engine) as db:
            kept = db.execute(_PAGE, {"name": name, "upstream": self._address}).scalar()
        if kept is None:
            return None
        try:
            return upstream_pages.load(kept), upstream_pages.digest(kept)
        except UnreadablePage as error:
            log.warning("The page of %s that is here: %s", name, error)
            return None

    def _refresh(self, name: str, stands_in: KnownPage | None) -> None:
        """Has upstream asked, by one for all who want to know, and waits for the answer."""
        patience = (0.0 if self.turns.is_slow else PATIENCE) if stands_in else WAIT
        self.turns.have_fetched(
            f"page {name}",
            patience,
            is_here=lambda: self._is_here(name),
            fetch=lambda: self._fetch(name),
        )

    def _is_here(self, name: str) -> bool:
        row = self._find_row(name)
        return row is not None and self._is_fresh(row) and self._is_readable(name, row)

    def _is_readable(self, name: str, row: _Row) -> bool:
        return not row.has_page or self._load_known(name, row, is_stale=False) is not None

    def _fetch(self, name: str) -> None:
        row = self._find_row(name)
        is_readable = row is not None and self._is_readable(name, row)
        if row is None or not is_readable:
            self._keep(name, self._upstream.fetch_page(name, None))
        elif not self._is_fresh(row):
            self._keep(name, self._upstream.fetch_page(name, row.etag))

    def _keep(self, name: str, answer: Found | Unchanged | Missing) -> None:
        asked_at = clock.now()
        values: dict[str, object] = {"asked_at": asked_at}
        loaded = None
        if not isinstance(answer, Unchanged):
            values |= {"upstream": self._address, "page": None, "etag": None}
        if isinstance(answer, Found):
            try:
                with self._reading if len(answer.body) > _LARGE else nullcontext():
                    read = simple_pages.read(answer.body, answer.content_type, answer.url)
            except UnreadablePage as error:
                raise UpstreamUnavailable(f"Upstream's page of {name}: {error}") from None
            read = replace(read, files=tuple(_own_files(name, read)))
            written = upstream_pages.write(read)
            loaded = read, upstream_pages.digest(written)
            values |= {"page": written, "etag": answer.etag, "was_found": True}
        lease = f"page {name}"

        def write(db: Database) -> None:
            if isinstance(answer, Unchanged):
                one = MirroredProject.normalized_name == name
                db.execute(update(MirroredProject).where(one).values(values))
            else:
                insert = insert_for_conflicts(db, MirroredProject)
                db.execute(
                    insert.values(normalized_name=name, **values).on_conflict_do_update(
                        index_elements=["normalized_name"], set_=values
                    )
                )
            self.leases.give_back_within(db, lease)

        self.writes.write(write)
        if isinstance(answer, Missing):
            self.doubt.note_missing(name)
        else:
            self.doubt.settle()
        if loaded is not None:
            self._remember(name, asked_at, *loaded)
        self.leases.forget(lease)


def _own_files(name: str, page: UpstreamPage) -> Iterator[UpstreamFile]:
    """Those that are named after the project: others are their own project's to offer."""
    return (each for each in page.files if distribution_names.project_of(each.filename) == name)
