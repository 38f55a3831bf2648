"""Upstream's slowness has an end, however it is slow."""

import contextlib
import socket
import threading
import time

import pytest

from pypi_web.upstream import Limits, Upstream, UpstreamUnavailable
from pypi_web.upstream.network import Address, Network
from tests.upstream.behaviours import (
    Behaviour,
    answering,
    dripping,
    dripping_head,
    late,
    redirecting,
    stalling,
)
from tests.upstream.conftest import QUICK, MakeUpstream
from tests.upstream.fake import CERTIFICATE, FakeUpstream, running_upstream

PAGE = "/simple/sample/"

SLOW: dict[str, Behaviour] = {
    "no answer": late(60, answering(200)),
    "a stalled body": stalling(b"x" * 1000, after=500),
    "a dripping body": dripping(b"x" * 1000),
    "a dripping head": dripping_head(),
    "late redirects": late(0.2, redirecting(PAGE)),
}

LIMITS = QUICK


@pytest.mark.parametrize("what", SLOW)
def test_a_page_has_its_time_and_no_more(fake: FakeUpstream, upstream: Upstream, what: str):
    fake.behave(PAGE, SLOW[what])
    began = time.monotonic()

    with pytest.raises(UpstreamUnavailable, match=f"{PAGE} did not answer in time"):
        upstream.fetch_page("sample")

    assert time.monotonic() - began < 1


def test_tls_does_not_hide_a_drip(make_upstream: MakeUpstream, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with running_upstream(tls=True) as fake:
        fake.behave(PAGE, dripping(b"x" * 1000))
        upstream = make_upstream(fake.index_url)
        began = time.monotonic()

        with pytest.raises(UpstreamUnavailable, match="did not answer in time"):
            upstream.fetch_page("sample")

        assert time.monotonic() - began < 1


def test_a_handshake_that_never_comes_ends(make_upstream: MakeUpstream):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        upstream = make_upstream(f"https://127.0.0.1:{silent.getsockname()[1]}/simple/")
        began = time.monotonic()

        with pytest.raises(UpstreamUnavailable, match="did not answer in time"):
            upstream.fetch_page("sample")

    assert time.monotonic() - began < 1


def test_a_name_server_that_never_answers_is_not_waited_for(make_upstream: MakeUpstream):
    answer = threading.Event()

    class Silent(Network):
        def resolve(self, *_: object) -> list[Address]:
            answer.wait(30)
            return []

    with pytest.raises(UpstreamUnavailable, match="a name that was not found in time"):
        make_upstream("http://index.example.org/simple/", network=Silent()).fetch_page("sample")
    answer.set()


def test_one_address_that_is_dead_leaves_time_for_the_others(
    fake: FakeUpstream, make_upstream: MakeUpstream
):
    fake.offer("sample")
    tried = []

    class HalfDead(Network):
        def resolve(self, _: str, port: int) -> list[Address]:
            return [(2, ("127.0.0.9", port)), (2, ("127.0.0.1", port))]

        def connect(self, address: Address, seconds: float):
            tried.append(address[1][0])
            if address[1][0] == "127.0.0.9":
                time.sleep(seconds)
                raise TimeoutError
            return super().connect(address, seconds)

    make_upstream(network=HalfDead()).fetch_page("sample")

    assert tried == ["127.0.0.9", "127.0.0.1"]


def test_a_name_that_nobody_knows_is_said(make_upstream: MakeUpstream):
    class Unknown(Network):
        def resolve(self, *_: object) -> list[Address]:
            raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(UpstreamUnavailable, match="has a name that is not known"):
        make_upstream("http://index.example.org/simple/", network=Unknown()).fetch_page("sample")


def test_a_slow_upstream_holds_no_more_threads_than_it_may(
    fake: FakeUpstream, make_upstream: MakeUpstream
):
    upstream = make_upstream(limits=Limits(pages_at_once=1, turn_seconds=0.1))
    fake.behave("/simple/slow/", late(1, answering(404)))

    def hold() -> None:
        with contextlib.suppress(UpstreamUnavailable):
            upstream.fetch_page("slow")

    holder = threading.Thread(target=hold)
    holder.start()
    while not fake.requests:
        time.sleep(0.01)

    with pytest.raises(UpstreamUnavailable, match="too many other questions"):
        upstream.fetch_page("sample")
    fake.unplug()
    holder.join()
