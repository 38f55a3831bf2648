"""Whether upstream's address may be wrong, which looks as if upstream had no project at all."""

import logging
import threading

from sqlalchemy import Engine, select

from pypi_web.data import MirroredProject
from pypi_web.data.session import reading

log = logging.getLogger(__name__)

_SENTENCE = (
    "Upstream answers that there is nothing at {address}{name}/, and has never given any page: look"
    " at pypi_web.mirror.upstream, which is to be the address of a Simple API and mostly ends in"
    " /simple/."
)


class AddressDoubt:
    """Raised by the first project that upstream has not, until upstream gives a page."""

    def __init__(self, engine: Engine, address: str) -> None:
        self._engine = engine
        self._address = address
        self._lock = threading.Lock()
        self._is_settled = self._is_told = False
        self.sentence: str | None = None
        """What to look at; None as long as there is nothing to doubt."""

    def settle(self) -> None:
        """Upstream has given a page."""
        self._is_settled = True
        self.sentence = None

    def note_missing(self, name: str) -> None:
        """Upstream has no project of a name; the database is asked once a process."""
        if self._is_settled or self.sentence is not None:
            return
        if self._has_any_page():
            self.settle()
            return
        with self._lock:
            is_first, self._is_told = not self._is_told, True
        self.sentence = _SENTENCE.format(address=self._address, name=name)
        if is_first:
            log.warning("%s", self.sentence)

    def _has_any_page(self) -> bool:
        given = select(MirroredProject.id).where(
            MirroredProject.page.is_not(None), MirroredProject.upstream == self._address
        )
        with reading(self._engine) as db:
            return db.execute(given.limit(1)).scalar() is not None
