"""Pages that are made and compressed once, and given out for as long as they are true.

Each request asks the database whether the serial has moved since, so that a page that is read after
a publisher's 200 shows that upload, whichever process answers. All else about it was said when the
page was made, by the view and the tweens: only their answers are kept, never made here.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyramid.response import Response
from pyramid.router import default_execution_policy
from sqlalchemy.exc import OperationalError

from pypi_web import clock
from pypi_web.data.batches import Batch
from pypi_web.data.serials import SeenByToken, Serials
from pypi_web.security import tokens
from pypi_web.settings import Settings
from pypi_web.simple.negotiation import Variant, negotiate_headers
from pypi_web.site.clean_requests import MAX_WISH
from pypi_web.standards import names

PREFIX = "/simple/"

_OF_A_BODY = ("Content-Encoding", "Content-Length", "Content-Type")
_OF_ONE_PAGE = ("Content-Length", "ETag", "X-PyPI-Last-Serial")

StartResponse = Callable[..., Any]
Header = tuple[str, str]
Key = tuple[str, Variant]


@dataclass(frozen=True, slots=True)
class Edition:
    """A project's page, or the list of all (`project` is None), as it is at a time; its ETags begin
    with `tag`."""

    project: str | None
    serial: int
    tag: str
    stands_until: datetime | None = None
    """None for what each act outdates and nothing else. The list of all stands until then whatever
    was published; a project's page no longer than until then."""
    is_private: bool = False
    """Whether its readers alone may know of it."""
    is_hosted: bool = True
    """False for a page of upstream's, which is outdated once somebody publishes under its name."""

    @property
    def stands(self) -> bool:
        return self.stands_until is not None and clock.now() < self.stands_until


@dataclass(frozen=True)
class Made:
    """What a view has made."""

    edition: Edition
    variant: Variant

    @property
    def is_for_others(self) -> bool:
        """False for the list of somebody who sees more than what is open to all readers."""
        return self.edition.project is not None or not self.edition.is_private


@dataclass(frozen=True, slots=True)
class KeptPage:
    """An answer. It is whole once the tweens have added their headers: before, its body is good for
    answers that a view makes."""

    edition: Edition
    etag: str
    headers: list[Header]
    body: bytes
    is_whole: bool = False

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(self.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.body]

    def not_modified(self, _: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        start_response(
            "304 Not Modified",
            [each for each in self.headers if each[0] not in _OF_A_BODY],
        )
        return []


class KeptPages:
    """The pages that were asked for last, up to so many bytes together."""

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._size = 0
        self._pages: OrderedDict[Key, KeptPage] = OrderedDict()
        self._headers: dict[Header, Header] = {}
        self._lock = threading.Lock()
        self.making_list = threading.Lock()
        """Held by who makes the list of all: of many who ask at once one works, and all get it."""

    def get(self, key: Key) -> KeptPage | None:
        page = self._pages.get(key)
        if page is not None:
            with self._lock:
                if key in self._pages:
                    self._pages.move_to_end(key)
        return page

    def keep(self, path: str, made: Made, response: Response, *, is_whole: bool = False) -> None:
        response.made = made
        self.put(
            (path, made.variant),
            KeptPage(
                edition=made.edition,
                etag=f'"{response.etag}"',
                headers=[self._share(each) for each in response.headerlist],
                body=response.body,
                is_whole=is_whole,
            ),
        )

    def put(self, key: Key, page: KeptPage) -> None:
        with self._lock:
            self._drop(key)
            if len(page.body) > self._max_size:
                return
            self._pages[key] = page
            self._size += _size_of(page)
            while self._size > self._max_size:
                self._drop(next(iter(self._pages)))

    def _share(self, header: Header) -> Header:
        """The same header of another page, where they are alike: of small pages it is the most."""
        return header if header[0] in _OF_ONE_PAGE else self._headers.setdefault(header, header)

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()
            self._size = 0

    def _drop(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self._size -= _size_of(page)


def _size_of(page: KeptPage) -> int:
    return len(page.body) + 2_000  # and what stands around it


class KeepingPolicy:
    """Pyramid's execution policy: answers with a kept page where there is a true one, before a
    request is made of it, and keeps what is made where there is none."""

    def __init__(
        self,
        pages: KeptPages,
        serials: Serials,
        settings: Settings,
        token_uses: Batch[tuple[int, str]],
    ) -> None:
        self._pages = pages
        self._serials = serials
        self._is_public = settings.anonymous_read
        self._admins_need_factor = settings.needs_factor(is_admin=True)
        self._token_uses = token_uses

    def __call__(self, environ: dict[str, Any], router: Any) -> Any:
        if _may_be_kept(environ):
            answer = self._find(environ)
            if answer is not None:
                return answer
        response = default_execution_policy(environ, router)
        made: Made | None = getattr(response, "made", None)
        is_whole = response.status_int == 200 and "Set-Cookie" not in response.headers
        if made is not None and is_whole and made.is_for_others and _may_be_kept(environ):
            self._pages.keep(environ["PATH_INFO"], made, response, is_whole=True)
        return response

    def _find(self, environ: dict[str, Any]) -> Any:
        accept = environ.get("HTTP_ACCEPT", "")
        accept_encoding = environ.get("HTTP_ACCEPT_ENCODING", "")
        if len(accept) > MAX_WISH or len(accept_encoding) > MAX_WISH:
            return None  # what is passed over is passed over by a tween
        variant = negotiate_headers(accept, accept_encoding)
        if variant is None:
            return None
        page = self._pages.get((environ["PATH_INFO"], variant))
        if page is None or not page.is_whole:
            self._ask_all_the_same(environ)
            return None
        if not self._is_true(page, environ):
            return None
        wanted = environ.get("HTTP_IF_NONE_MATCH")
        if wanted is None:
            return page
        # Anything but this page's own tag is for the view to understand.
        return page.not_modified if wanted == page.etag else None

    def _is_true(self, page: KeptPage, environ: dict[str, Any]) -> bool:
        """Whether a page is as it was made, and the one who asks may have it."""
        edition = page.edition
        try:
            if edition.is_private or not self._is_public:
                return self._is_true_for_token(edition, environ)
            if edition.project is None:
                if "HTTP_AUTHORIZATION" in environ or "HTTP_COOKIE" in environ:
                    return False  # they may see more than others do
                return edition.stands or edition.serial == self._serials.of_all()
            hosted = self._serials.of_project(edition.project)
            if not edition.is_hosted:
                return hosted is None and edition.stands
            return edition.serial == hosted and (edition.stands_until is None or edition.stands)
        except OperationalError:
            return False  # the view meets the same, and has it told to who asks

    def _is_true_for_token(self, edition: Edition, environ: dict[str, Any]) -> bool:
        """Without a token it is the view that asks who they are; and the list hangs on who asks."""
        seen = self._ask(edition.project, environ) if edition.project is not None else None
        if seen is None or not seen.may_see:
            return False
        if seen.is_use_news:
            self._token_uses.add((seen.token_id, _address_of(environ)))
        stands = edition.stands_until is None or edition.stands
        if not edition.is_hosted:
            return seen.serial is None and edition.stands
        return seen.serial == edition.serial and stands

    def _ask_all_the_same(self, environ: dict[str, Any]) -> None:
        """What a token sees, as if there were a page: who may not have a private one, be it kept or
        not, waits as long as where there is no project."""
        name = environ["PATH_INFO"].removeprefix(PREFIX).removesuffix("/")
        if names.is_valid(name):
            with suppress(OperationalError):  # the view meets the same
                self._ask(names.normalize(name), environ)

    def _ask(self, project: str, environ: dict[str, Any]) -> SeenByToken | None:
        sha256 = tokens.digest_of(environ.get("HTTP_AUTHORIZATION", ""))
        if sha256 is None:
            return None
        return self._serials.seen_by_token(
            sha256,
            project,
            address=_address_of(environ),
            admins_need_factor=self._admins_need_factor,
        )


def _address_of(environ: dict[str, Any]) -> str:
    address: str = environ.get("REMOTE_ADDR", "")
    return address[:64]


def _may_be_kept(environ: dict[str, Any]) -> bool:
    """Nothing but what all who may have it are answered alike."""
    return (
        environ["PATH_INFO"].startswith(PREFIX)
        and environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and not environ["QUERY_STRING"]
    )
