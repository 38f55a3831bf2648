"""The questions that another index is asked, and the answers that it can give."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from threading import BoundedSemaphore
from time import monotonic
from urllib.parse import quote

from urllib3 import HTTPResponse

from pypi_web import clock
from pypi_web.standards import names
from pypi_web.standards.simple_api import Format
from pypi_web.upstream.failures import Fault, FileMissing, UpstreamUnavailable, told_of
from pypi_web.upstream.files import UpstreamFile, give_up
from pypi_web.upstream.limits import Limits
from pypi_web.upstream.network import Gate, Network
from pypi_web.upstream.sending import Messenger
from pypi_web.upstream.targets import Credentials, Target, read_address

_ACCEPTED = f"{Format.JSON}, {Format.HTML};q=0.2, {Format.PLAIN_HTML};q=0.01"

_MISSING = (404, 410)
_WHO_ARE_YOU = (401, 403)

_is_etag = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]{0,1000}"').fullmatch


@dataclass(frozen=True)
class Found:
    """A project's page, whole and decoded."""

    body: bytes
    content_type: str
    """As upstream writes it; empty where it does not."""
    url: str
    """Where the page was in the end: relative addresses on it begin there."""
    etag: str | None


@dataclass(frozen=True)
class Unchanged:
    """The page is what it was when the ETag was given out."""


@dataclass(frozen=True)
class Missing:
    """Upstream knows no such project."""


@dataclass(frozen=True)
class Trouble:
    """What a question failed with, a sentence, and when."""

    sentence: str
    at: datetime


class Upstream:
    """Another index; one object serves all threads of a process, and is made in that process.

    Every method raises UpstreamUnavailable where it does not get an answer that is whole and
    right, and nothing else. Nothing is tried a second time, except that a question which found
    its kept connection closed is asked on a new one.

    Redirects are followed five times, over HTTP alone and never from https to http. User and
    password go to the index's own scheme, host and port, and nowhere else. Where addresses may
    lead is said in `reach`, how it is enforced in `network`; proxies of the environment are not
    used, for the reason given in `connections`.
    """

    def __init__(
        self,
        index_url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        login_hint: str = "",
        limits: Limits | None = None,
        network: Network | None = None,
    ) -> None:
        """`index_url` is that of its Simple API, `https://host/simple/`, in which user and
        password may also stand. `login_hint` ends the sentence that tells that the index itself
        does not let this one in: what to look at.

        Raises ValueError, whose message names no password, where it is none.
        """
        try:
            self._index, written = read_address(index_url.strip().rstrip("/") + "/")
        except Fault as fault:
            raise ValueError(f"The address of the index {fault}.") from None
        if "?" in self._index.path:
            raise ValueError("The address of an index has no query.")
        self._login_hint = login_hint
        self._trouble: Trouble | None = None
        self._limits = limits or Limits()
        self._pages = BoundedSemaphore(self._limits.pages_at_once)
        self._files = BoundedSemaphore(self._limits.files_at_once)
        self._messenger = Messenger(
            self._index,
            written if user is None else Credentials(user, password or ""),
            limits=self._limits,
            gate=Gate(network or Network(), self._index.host, self._index.port),
        )

    def __repr__(self) -> str:
        return f"<Upstream {self._index}>"

    @property
    def address(self) -> str:
        """That of the index, without user and password."""
        return str(self._index)

    @property
    def trouble(self) -> Trouble | None:
        """What the last question of this process failed with; None where it was answered."""
        return self._trouble

    def fetch_page(
        self, normalized_name: str, etag: str | None = None
    ) -> Found | Unchanged | Missing:
        """The page of a project, in JSON where upstream has it, unless it is still the one that
        `etag` came with."""
        if not names.is_valid(normalized_name):
            return Missing()
        target = self._below_index(f"{quote(normalized_name)}/")
        headers = {"Accept": _ACCEPTED, "Accept-Encoding": "gzip"}
        if etag is not None and _is_etag(etag):
            headers["If-None-Match"] = etag
        until = self._from_now()
        with self._noting(), told_of(target), self._turn(self._pages, until):
            response, found_at = self._messenger.ask(target, headers, until)
            with told_of(found_at):
                if response.status == 200:
                    body = self._messenger.read(response, until, limit=self._limits.page_bytes)
                    return Found(
                        body,
                        response.headers.get("content-type", ""),
                        found_at.url,
                        _etag_of(response),
                    )
                self._messenger.dismiss(response, until)
                if response.status == 304 and "If-None-Match" in headers:
                    return Unchanged()
                if response.status in _MISSING:
                    return Missing()
                raise self._refusal(response, found_at)

    def fetch_small(self, url: str, *, limit: int) -> bytes:
        """All that stands at an address, metadata for instance, of `limit` bytes at the most.

        Raises FileMissing where upstream has nothing there.
        """
        target = self._target(url)
        until = self._from_now()
        with self._noting(), told_of(target), self._turn(self._pages, until):
            response, found_at = self._messenger.ask(target, {"Accept-Encoding": "gzip"}, until)
            with told_of(found_at):
                if response.status == 200:
                    return self._messenger.read(response, until, limit=limit)
                self._messenger.dismiss(response, until)
                raise self._missing_or_refusal(response, found_at)

    def open_file(self, url: str, *, limit: int, start: int = 0) -> UpstreamFile:
        """The bytes of a file from `start` on, as they come in; the whole file has `limit` bytes
        at the most.

        Raises FileMissing where upstream has nothing there.
        """
        target = self._target(url)
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        until = self._from_now()
        with self._noting(), told_of(target):
            self._take_turn(self._files, until)
            try:
                response, found_at = self._messenger.ask(target, headers, until)
                with told_of(found_at):
                    if response.status != (206 if start else 200) and response.status != 200:
                        self._messenger.dismiss(response, until)
                        raise self._missing_or_refusal(response, found_at)
                    return self._as_file(response, found_at, start=start, limit=limit)
            except BaseException:
                self._files.release()
                raise

    def close(self) -> None:
        """Ends the connections that are kept."""
        self._messenger.close()

    def _as_file(
        self, response: HTTPResponse, target: Target, *, start: int, limit: int
    ) -> UpstreamFile:
        self._messenger.let_stream(response, limit=limit)
        try:
            return UpstreamFile(
                response, target, start=start, limit=limit, when_closed=self._files.release
            )
        except Fault:
            give_up(response)
            raise

    def _below_index(self, path: str) -> Target:
        index = self._index
        return Target(index.scheme, index.host, index.port, index.path + path)

    def _target(self, url: str) -> Target:
        """Where a URL of a page of upstream's leads; who is named in it is left out."""
        with told_of("An address that upstream gives"):
            target, _ = read_address(url)
        if self._index.is_secure and not target.is_secure:
            raise UpstreamUnavailable(
                f"{target} is not asked: upstream itself is at https, and everybody could read and"
                " change what comes over http."
            )
        return target

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except FileMissing:
            self._trouble = None
            raise
        except UpstreamUnavailable as error:
            self._trouble = Trouble(str(error), clock.now())
            raise
        self._trouble = None

    def _missing_or_refusal(self, response: HTTPResponse, target: Target) -> Exception:
        if response.status in _MISSING:
            return FileMissing(f"{target} is not there: upstream answers {_status_of(response)}.")
        return self._refusal(response, target)

    def _refusal(self, response: HTTPResponse, target: Target) -> Fault:
        told = f"answers {_status_of(response)}"
        is_asked_who = response.status in _WHO_ARE_YOU and target.origin == self._index.origin
        return Fault(f"{told}: {self._login_hint}" if is_asked_who and self._login_hint else told)

    def _from_now(self) -> float:
        return monotonic() + self._limits.whole_seconds

    @contextmanager
    def _turn(self, turns: BoundedSemaphore, until: float) -> Iterator[None]:
        self._take_turn(turns, until)
        try:
            yield
        finally:
            turns.release()

    def _take_turn(self, turns: BoundedSemaphore, until: float) -> None:
        # A slow upstream must not hold every thread of this process: those that wait for their
        # turn give up sooner than those that have it.
        seconds = min(self._limits.turn_seconds, until - monotonic())
        if not turns.acquire(timeout=max(seconds, 0)):
            raise Fault("is not asked: too many other questions to upstream are still open")


def _etag_of(response: HTTPResponse) -> str | None:
    written = response.headers.get("etag", "")
    return written if _is_etag(written) else None


def _status_of(response: HTTPResponse) -> str:
    """The status in the standard's words, for upstream's own may be anything."""
    try:
        return f"{response.status} {HTTPStatus(response.status).phrase}"
    except ValueError:
        return str(response.status)
