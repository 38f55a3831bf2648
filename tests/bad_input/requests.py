"""Requests that nobody would send by mistake, and some that are nearly right."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.bad_input.targets import FORMS, PATHS, WHEEL, seldom


@dataclass(frozen=True)
class Request:
    method: str
    target: bytes
    """The path and the query, percent-encoded as on the wire, or not."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    scheme: str = "http"


_PART_HEADS = st.one_of(
    st.sampled_from(
        [
            b'Content-Disposition: form-data; name=":action"',
            b'Content-Disposition: form-data; name="content"; filename="sample-1.0.tar.gz"',
            b'Content-Disposition: form-data; name="content"; filename="\xff/../x"',
            b"Content-Disposition: form-data; name=a",
            b'a: b; name="',
            b":",
        ]
    ),
    st.binary(max_size=20),
)
_PARTS = st.lists(
    st.builds(
        lambda head, content: b"--x\r\n" + head + b"\r\n\r\n" + content + b"\r\n",
        _PART_HEADS,
        st.sampled_from([b"file_upload", b"1", b"\x00", b"\xff"]) | st.binary(max_size=20),
    ),
    max_size=4,
).map(lambda parts: b"".join(parts) + b"--x--\r\n")
_BODIES = st.one_of(
    st.just((None, b"")),
    st.tuples(st.just("application/x-www-form-urlencoded"), FORMS),
    st.tuples(st.just("multipart/form-data; boundary=x"), _PARTS),
    st.tuples(st.just("application/json"), st.sampled_from([b"{}", b'{"token": 1}', b"[", b"1"])),
    st.tuples(st.none(), st.binary(max_size=50)),
)
_VALUES = st.one_of(
    st.sampled_from(
        [
            "",
            "*",
            "*/*",
            "/",
            "a,b;q=x",
            ";q=0",
            "\x00",
            "\x7f",
            "\xff",
            '"',
            '"a',
            "\\",
            '"\\',
            "=",
            ":",
            "[",
            "[::1",
            "[::1]:99999999",
            "a:b:c",
            "localhost:x",
            "localhost:99999",
            "//example.org",
            "http://[",
            "https://example.org:port/",
            "https://localhost",
            "null",
            "-1",
            "0x10",
            "9" * 30,
            "9" * 9000,
            "gzip;q=0",
            "identity;q=0, *;q=0",
            "application/vnd.pypi.simple.v1+json",
            "application/vnd.pypi.simple.v1+json;q=0.1, text/html;q=1.0001",
            "application/vnd.pypi.simple.v9+json",
            "application/json",
            "text/html; charset=bogus",
            "application/x-www-form-urlencoded; charset=utf-7",
            "multipart/form-data",
            "multipart/form-data; boundary=\xe9",
            "bytes=0-",
            "bytes=-0",
            "bytes=--1",
            "bytes=5-1",
            "bytes=99999999999999999999-",
            "bytes=999999999999999999-",
            "bytes=0-0,2-2",
            "lines=1-2",
            f'"{WHEEL.sha256}"',
            f'W/"{WHEEL.sha256}"',
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Thu, 99 Jan 9999 00:00:00 GMT",
            "Basic",
            "Basic \xe9",
            "Basic X190b2tlbl9fOg==",
            "Basic /w==",
            "Bearer pypiweb-\x00",
            "pypi_web_session=x",
            "pypi_web_session=\xff",
            'pypi_web_session="\\377"',
            "a=b; a=c; =; ;",
            "chunked",
            "100-continue",
            "for=_x;proto=https;host=example.org",
        ]
    ),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=20),
)
_HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Accept",
            "Accept",
            "Accept-Encoding",
            "Accept-Language",
            "Authorization",
            "Content-Length",
            "Content-Type",
            "Cookie",
            "Expect",
            "Forwarded",
            "If-Match",
            "If-Modified-Since",
            "If-None-Match",
            "If-Range",
            "If-Unmodified-Since",
            "Origin",
            "Range",
            "Referer",
            "X-CSRF-Token",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-HTTP-Method-Override",
        ]
    ),
    _VALUES,
    max_size=4,
)
_GOOD_HOSTS = st.sampled_from(["localhost", "example.org:8080", "[::1]:80", "a:"])
_METHODS = seldom(
    st.sampled_from(["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"])
    | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8),
    st.sampled_from(["GET", "HEAD", "POST"]),
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Any request; some have a good deal that is right, so that they are taken far."""
    query = draw(st.just(b"") | FORMS)
    content_type, body = draw(_BODIES)
    headers = {"Host": draw(seldom(_VALUES, _GOOD_HOSTS))}
    if content_type is not None:
        headers["Content-Type"] = content_type
    return Request(
        method=draw(_METHODS),
        target=draw(PATHS) + (b"?" + query if query else b""),
        headers={**headers, **draw(st.just({}) | _HEADERS)},
        body=body,
        scheme=draw(st.sampled_from(["http", "http", "https"])),
    )
