"""Where upstream may lead us, and who is told the password."""

import base64
import logging

import pytest

from pypi_web.upstream import Found, Upstream, UpstreamUnavailable
from tests.upstream.behaviours import answering, needing, redirecting
from tests.upstream.conftest import MakeUpstream, StagedNetwork
from tests.upstream.fake import CERTIFICATE, FakeUpstream, running_upstream

PAGE = "/simple/sample/"
WORLD, WORLD_6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


@pytest.fixture
def _trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


# Redirects


def test_redirects_are_followed_to_other_hosts(
    fake: FakeUpstream, other: FakeUpstream, upstream: Upstream
):
    fake.behave(PAGE, redirecting(f"{other.url}/moved/one?key=1#top", 301))
    other.behave("/moved/one?key=1", redirecting("../two/", 308))
    other.behave("/two/", answering(200, b"{}"))

    found = upstream.fetch_page("sample")

    assert isinstance(found, Found)
    assert found.url == f"{other.url}/two/"


def test_redirects_end(fake: FakeUpstream, upstream: Upstream):
    fake.behave(PAGE, redirecting(PAGE))

    with pytest.raises(UpstreamUnavailable, match="redirects more than 5 times"):
        upstream.fetch_page("sample")

    assert fake.asked(PAGE) == 6


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://example.org/", "http://[::1", "http://a:b/"],
)
def test_redirects_lead_to_http_alone(fake: FakeUpstream, upstream: Upstream, location: str):
    fake.behave(PAGE, redirecting(location))

    with pytest.raises(UpstreamUnavailable, match="redirects to what is no HTTP address"):
        upstream.fetch_page("sample")


def test_a_redirect_says_where_to(fake: FakeUpstream, upstream: Upstream):
    fake.behave(PAGE, answering(302))

    with pytest.raises(UpstreamUnavailable, match="without saying where to"):
        upstream.fetch_page("sample")


@pytest.mark.usefixtures("_trusted")
def test_https_never_becomes_http(fake: FakeUpstream, make_upstream: MakeUpstream):
    with running_upstream(tls=True) as secure:
        upstream = make_upstream(secure.index_url)
        secure.behave(PAGE, redirecting(f"{fake.url}/plain"))

        with pytest.raises(UpstreamUnavailable, match="redirects from https to http://"):
            upstream.fetch_page("sample")
        with pytest.raises(UpstreamUnavailable, match="upstream itself is at https"):
            upstream.open_file(f"{fake.url}/plain", limit=1)

    assert fake.requests == []


@pytest.mark.usefixtures("_trusted")
def test_tls_is_spoken_with_who_has_the_name(make_upstream: MakeUpstream):
    with running_upstream(tls=True) as secure:
        secure.offer("sample")
        names = StagedNetwork(index_example_org=[WORLD], elsewhere_test=[WORLD])
        right = make_upstream(f"https://index.example.org:{secure.port}/simple/", network=names)
        wrong = make_upstream(f"https://elsewhere.test:{secure.port}/simple/", network=names)

        found = right.fetch_page("sample")
        with pytest.raises(UpstreamUnavailable, match=r"not trusted \(.*ostname"):
            wrong.fetch_page("sample")

        assert isinstance(found, Found)
        assert secure.last(PAGE).headers["host"] == f"index.example.org:{secure.port}"


def test_a_certificate_that_nobody_vouches_for_is_refused(make_upstream: MakeUpstream):
    with running_upstream(tls=True) as secure:
        with pytest.raises(UpstreamUnavailable, match="certificate that is not trusted"):
            make_upstream(secure.index_url).fetch_page("sample")

        assert secure.requests == []


def test_http_at_the_port_of_https_is_said(fake: FakeUpstream, make_upstream: MakeUpstream):
    upstream = make_upstream(fake.index_url.replace("http:", "https:"))

    with pytest.raises(UpstreamUnavailable, match=r"does not speak TLS|broke off"):
        upstream.fetch_page("sample")


# Passwords


@pytest.mark.parametrize("in_address", [True, False])
def test_upstream_is_told_the_password(
    fake: FakeUpstream, make_upstream: MakeUpstream, in_address: bool
):
    fake.behave(PAGE, needing("me", "s3cret/ü", answering(200, b"{}")))
    if in_address:
        written = fake.index_url.replace("http://", "http://me:s3cret%2F%C3%BC@")
        upstream = make_upstream(written)
    else:
        upstream = make_upstream(user="me", password="s3cret/ü")

    found = upstream.fetch_page("sample")

    assert isinstance(found, Found)
    assert "@" not in found.url


def test_nobody_else_is(fake: FakeUpstream, other: FakeUpstream, make_upstream: MakeUpstream):
    upstream = make_upstream(user="me", password="s3cret")
    fake.behave(PAGE, redirecting(f"{other.url}/page"))
    fake.behave("/file", redirecting(f"http://you:pass@127.0.0.1:{other.port}/file"))
    other.behave("/page", answering(200, b"{}"))
    other.behave("/file", answering(200, b"abc"))

    upstream.fetch_page("sample")
    upstream.fetch_small(f"{fake.url}/file", limit=10)
    with upstream.open_file(f"http://me:s3cret@127.0.0.1:{other.port}/file", limit=10) as file:
        list(file)

    assert [each.headers.get("authorization") for each in other.requests] == [None] * 3
    assert all("authorization" in each.headers for each in fake.requests)


def test_a_redirect_back_home_is_told_again(
    fake: FakeUpstream, other: FakeUpstream, make_upstream: MakeUpstream
):
    fake.behave(PAGE, redirecting(f"{other.url}/there"))
    other.behave("/there", redirecting(f"{fake.url}/back"))
    fake.behave("/back", needing("me", "s3cret", answering(200, b"{}")))

    found = make_upstream(user="me", password="s3cret").fetch_page("sample")

    assert isinstance(found, Found)
    assert "authorization" not in other.requests[0].headers


def test_no_password_is_written_anywhere(
    fake: FakeUpstream, make_upstream: MakeUpstream, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    token = base64.b64encode(b"me:s3cret").decode()
    upstream = make_upstream(fake.index_url.replace("http://", "http://me:s3cret@"))
    fake.behave("/loop", redirecting("http://you:s3cret@127.0.0.1:1/?token=signed"))
    said = [repr(upstream), repr(vars(upstream))]

    for url in ("/loop", "/missing?signature=signed"):
        with pytest.raises(UpstreamUnavailable) as refused:
            upstream.open_file(f"http://you:s3cret@127.0.0.1:{fake.port}{url}", limit=1)
        said.append(str(refused.value))
    with pytest.raises(ValueError, match="no http") as wrong:
        Upstream("htp://me:s3cret@example.org/simple/")
    said.append(str(wrong.value))

    assert "127.0.0.1:1/" in said[2]
    assert not any("signed" in text for text in said)
    for text in (*said, *(each.getMessage() for each in caplog.records)):
        assert "s3cret" not in text
        assert token not in text


# Addresses

PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "fd00::1"),
    *("::ffff:10.1.2.3", "64:ff9b::7f00:1", "2002:7f00:1::"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_public_upstream_leads_to_no_private_address(
    fake: FakeUpstream, make_upstream: MakeUpstream, address: str
):
    names = StagedNetwork(index_example_org=[WORLD], files_example_org=[address])
    upstream = make_upstream(f"http://index.example.org:{fake.port}/simple/", network=names)
    literal = f"[{address}]" if ":" in address else address
    fake.behave(PAGE, redirecting(f"http://files.example.org:{fake.port}/"))
    fake.behave("/", answering(200, b"secrets of this network"))

    with pytest.raises(UpstreamUnavailable, match="leads into a private network"):
        upstream.fetch_page("sample")
    with pytest.raises(UpstreamUnavailable, match="leads into a private network"):
        upstream.fetch_small(f"http://{literal}:{fake.port}/", limit=100)

    assert names.called == [WORLD]
    assert fake.asked("/") == 0


def test_odd_ways_to_write_an_address_do_not_help(fake: FakeUpstream, make_upstream: MakeUpstream):
    names = StagedNetwork(index_example_org=[WORLD])
    upstream = make_upstream(f"http://index.example.org:{fake.port}/simple/", network=names)

    for written in ("2130706433", "0x7f.1", "127.1", "localhost", "LOCALHOST", "127.0.0.1."):
        with pytest.raises(UpstreamUnavailable, match=r"private network|not known"):
            upstream.fetch_small(f"http://{written}:{fake.port}/", limit=100)

    assert names.called == [WORLD]  # once, to see that upstream itself is there


def test_a_public_upstream_leads_to_other_public_hosts(
    fake: FakeUpstream, make_upstream: MakeUpstream
):
    names = StagedNetwork(index_example_org=[WORLD], files_example_org=[WORLD_6])
    upstream = make_upstream(f"http://index.example.org:{fake.port}/simple/", network=names)
    fake.behave("/file", answering(200, b"abc"))

    content = upstream.fetch_small(f"http://files.example.org:{fake.port}/file", limit=3)

    assert content == b"abc"
    assert names.called == [WORLD_6]


def test_a_name_is_looked_up_once_for_what_is_checked_and_called(
    fake: FakeUpstream, make_upstream: MakeUpstream
):
    names = StagedNetwork(index_example_org=[WORLD], files_example_org=[WORLD, "127.0.0.1"])
    upstream = make_upstream(f"http://index.example.org:{fake.port}/simple/", network=names)
    fake.behave("/file", answering(200, b"abc", connection="close"))

    content = upstream.fetch_small(f"http://files.example.org:{fake.port}/file", limit=3)
    with pytest.raises(UpstreamUnavailable, match="leads into a private network"):
        upstream.fetch_small(f"http://files.example.org:{fake.port}/file", limit=3)

    assert content == b"abc"
    assert names.called == [WORLD, WORLD]  # the file's host, and upstream itself


def test_an_upstream_that_means_several_places_opens_what_each_of_them_would(
    fake: FakeUpstream, make_upstream: MakeUpstream
):
    names = StagedNetwork(index_example_org=[[WORLD, "127.0.0.1"]])
    upstream = make_upstream(f"http://index.example.org:{fake.port}/simple/", network=names)
    fake.behave("/file", answering(200, b"abc", connection="close"))

    upstream.fetch_small(f"http://index.example.org:{fake.port}/file", limit=3)
    with pytest.raises(UpstreamUnavailable, match="private network"):
        upstream.fetch_small(f"http://127.0.0.1:{fake.port}/file", limit=3)


def test_a_name_that_means_this_machine_before_upstream_has_answered_opens_nothing(
    fake: FakeUpstream, make_upstream: MakeUpstream
):
    names = StagedNetwork(index_example_org=["127.0.0.9", WORLD], refuses={"127.0.0.9"})
    upstream = make_upstream(f"http://index.example.org:{fake.port}/simple/", network=names)
    fake.behave("/file", answering(200, b"abc", connection="close"))

    with pytest.raises(UpstreamUnavailable):
        upstream.fetch_small(f"http://index.example.org:{fake.port}/file", limit=3)
    upstream.fetch_small(f"http://index.example.org:{fake.port}/file", limit=3)
    with pytest.raises(UpstreamUnavailable, match="private network"):
        upstream.fetch_small(f"http://127.0.0.1:{fake.port}/file", limit=3)


def test_an_upstream_that_moves_into_the_network_later_opens_nothing(
    fake: FakeUpstream, make_upstream: MakeUpstream
):
    names = StagedNetwork(index_example_org=[WORLD, "127.0.0.1"])
    upstream = make_upstream(f"http://index.example.org:{fake.port}/simple/", network=names)
    fake.behave(PAGE, answering(200, b"{}", connection="close"))

    upstream.fetch_page("sample")

    with pytest.raises(UpstreamUnavailable, match="leads into a private network"):
        upstream.fetch_page("sample")


@pytest.mark.parametrize(
    ("home", "address", "is_open"),
    [
        ("10.0.0.5", "10.0.0.6", True),
        ("10.0.0.5", "192.168.7.7", True),
        ("10.0.0.5", "127.0.0.1", False),
        ("10.0.0.5", "169.254.169.254", False),
        ("127.0.0.1", "10.0.0.6", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "169.254.169.254", False),
        ("127.0.0.1", "0.0.0.0", False),
        ("127.0.0.1", WORLD, True),
    ],
)
def test_a_private_upstream_opens_its_own_network(
    fake: FakeUpstream, make_upstream: MakeUpstream, home: str, address: str, is_open: bool
):
    names = StagedNetwork(index_example_org=[home], files_example_org=[address])
    upstream = make_upstream(f"http://index.example.org:{fake.port}/simple/", network=names)
    fake.behave("/file", answering(200, b"abc"))
    url = f"http://files.example.org:{fake.port}/file"

    if is_open:
        assert upstream.fetch_small(url, limit=3) == b"abc"
    else:
        with pytest.raises(UpstreamUnavailable, match="leads into a private network"):
            upstream.fetch_small(url, limit=3)


def test_proxies_of_the_environment_are_not_used(
    fake: FakeUpstream,
    other: FakeUpstream,
    make_upstream: MakeUpstream,
    monkeypatch: pytest.MonkeyPatch,
):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, other.url)
    fake.offer("sample")

    found = make_upstream().fetch_page("sample")

    assert isinstance(found, Found)
    assert other.requests == []
