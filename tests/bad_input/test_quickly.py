"""What is meant to take long takes no longer than other requests do."""

import time

import pytest
from webtest import TestApp

from tests.bad_input.raw import ask

A_LOT = 30_000
"""Characters of one header that is still taken in."""

SECONDS = 0.5
"""Of the processor; each of these took seconds or minutes, or grew with the square of its size."""


@pytest.fixture
def seconds_of(app: TestApp):
    def measure(target: bytes, **more) -> float:
        ask(app.app, target.partition(b"?")[0])  # for the first time there is more to do
        ask(app.app, b"/nothing")
        return min(once(target, more), once(target, more))  # a neighbour may slow down the one

    def once(target: bytes, more: dict) -> float:
        begun = time.thread_time()
        assert ask(app.app, target, **more).status < 500
        return time.thread_time() - begun

    return measure


@pytest.mark.parametrize(
    "cookie", ["9" * A_LOT, "a=b " + "9" * A_LOT, 'a="' + "9" * A_LOT, "a=," + "9" * A_LOT]
)
@pytest.mark.parametrize("target", [b"/", b"/account/login", b"/nothing"])
def test_a_cookie_that_is_none(seconds_of, target: bytes, cookie: str):
    assert seconds_of(target, headers={"Cookie": cookie}) < SECONDS


@pytest.mark.parametrize(
    "accept", ["a/b," * 10_000, "a/b,a/b;q=0.1," * 3000, 'a/b;a="b"' * 4000, "a/b;" * 9000]
)
@pytest.mark.parametrize("target", [b"/simple/", b"/simple/nope/", b"/simple/?x=1", b"/files/x"])
def test_a_list_of_ten_thousand_formats(seconds_of, target: bytes, accept: str):
    assert seconds_of(target, headers={"Accept": accept}) < SECONDS
    assert seconds_of(target, headers={"Accept-Encoding": accept.replace("a/b", "gzip")}) < SECONDS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Range", "bytes=" + "0-1," * 10_000),
        ("If-None-Match", '"a", ' * 6000),
        ("If-Match", 'W/"a",' * 6000),
        ("If-Range", '"' + " , " * 9000),
        ("Authorization", "Basic " + "A" * A_LOT),
        ("Authorization", "Bearer" + " " * A_LOT),
        ("Origin", "[" * A_LOT),
        ("Referer", "http://" + "/" * A_LOT),
    ],
)
def test_a_header_that_goes_on(seconds_of, name: str, value: str):
    for target in (b"/simple/", b"/account/login", b"/static/base.css"):
        assert seconds_of(target, headers={name: value}) < SECONDS


@pytest.mark.parametrize("query", [b"%", b"a&", b"a=1&", b"%41", b"q=a+", b"&", b"="])
def test_a_query_that_goes_on(seconds_of, query: bytes):
    for size in (8000, 1_000_000):
        for path in (b"/search/?", b"/simple/?", b"/nothing?"):
            assert seconds_of(path + query * (size // len(query))) < SECONDS


@pytest.mark.parametrize(
    ("media_type", "piece", "head"),
    [
        ("application/x-www-form-urlencoded", b"a&", b""),
        ("application/x-www-form-urlencoded", b"%", b"name="),
        ("multipart/form-data; boundary=x", b";", b'--x\r\nContent-Disposition: form-data; a="'),
        ("multipart/form-data; boundary=x", b"a:b\r\n", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"\r\n--x\r\n\r\n", b""),
    ],
)
@pytest.mark.parametrize("target", [b"/account/login", b"/", b"/static/base.css", b"/legacy/"])
def test_a_form_of_nothing_but_fields(
    seconds_of, target: bytes, media_type: str, piece: bytes, head: bytes
):
    for method in ("POST", "PUT"):
        for size in (60_000, 1_000_000):
            body = head + piece * (size // len(piece))
            headers = {"Content-Type": media_type}
            assert seconds_of(target, method=method, headers=headers, body=body) < SECONDS
