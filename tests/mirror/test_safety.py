"""Where pages and redirects of upstream's may lead a mirror, and what its clients learn of that."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import Engine
from webtest import TestApp

from pypi_web import mirror
from pypi_web.upstream import Upstream
from tests.distributions import build_wheel
from tests.mirror.conftest import MakeMirror
from tests.mirror.files import JSON, address_of, list_kept, url_of
from tests.upstream.behaviours import answering, redirecting
from tests.upstream.conftest import StagedNetwork
from tests.upstream.fake import FakeUpstream, running_upstream
from tests.upstream.offered import OfferedFile

PAGE = "/simple/flask/"
WHEEL = build_wheel("flask", "3.0")
METADATA = b"Metadata-Version: 2.1\nName: flask\nVersion: 3.0\n"
PATH = f"/files/{WHEEL.filename}"
HOME, ELSEWHERE = "index.example.org", "files.example.org"
WORLD, METADATA_OF_CLOUDS = "93.184.215.14", "169.254.169.254"

MakePublicMirror = Callable[..., TestApp]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> StagedNetwork:
    """One in which upstream has a public address, for applications that are made from now on."""
    network = StagedNetwork(index_example_org=[WORLD])
    monkeypatch.setattr(mirror, "Upstream", partial(Upstream, network=network))
    return network


@pytest.fixture
def make_public_mirror(
    make_mirror: MakeMirror, upstream: FakeUpstream, network: StagedNetwork
) -> MakePublicMirror:
    """Makes the application of a site whose upstream is somewhere in the world."""

    def make(**settings: str) -> TestApp:
        return make_mirror(mirror_upstream=f"http://{HOME}:{upstream.port}/simple/", **settings)

    return make


def refuse(app: TestApp, path: str, *hidden: str) -> None:
    """Asks for what is to be refused with a plain sentence that tells no internals."""
    refused = app.get(path, status=503)
    assert "does not answer as it should" in refused
    assert refused.headers["Retry-After"]
    for each in (*hidden, HOME, ELSEWHERE, METADATA_OF_CLOUDS, "127.0.0.1", "private", "Traceback"):
        assert each not in refused, each


@pytest.mark.parametrize(
    "host", [METADATA_OF_CLOUDS, "127.0.0.1", "10.1.2.3", "[::1]", "2130706433", "localhost"]
)
def test_a_file_that_a_page_lists_in_our_network_is_not_fetched(
    make_public_mirror: MakePublicMirror,
    upstream: FakeUpstream,
    network: StagedNetwork,
    engine: Engine,
    host: str,
):
    with running_upstream() as inside:
        url = f"http://{host}:{inside.port}{PATH}"
        offered = OfferedFile.of(WHEEL, metadata=METADATA, url=url)
        upstream.offer("flask", offered)
        inside.offer("flask", offered)
        app = make_public_mirror()
        address = url_of(app, "flask")

        refuse(app, address, str(inside.port))
        refuse(app, f"{address}.metadata", str(inside.port))

        assert inside.requests == []
    assert set(network.called) == {WORLD}
    assert list_kept(engine) == set()


@pytest.mark.parametrize("address", [METADATA_OF_CLOUDS, "127.0.0.1", "192.168.0.1", "fd00::1"])
def test_a_name_that_means_an_address_in_our_network_is_not_asked(
    make_public_mirror: MakePublicMirror,
    upstream: FakeUpstream,
    network: StagedNetwork,
    address: str,
):
    network.addresses[ELSEWHERE] = [address]
    offered = OfferedFile.of(WHEEL, url=f"http://{ELSEWHERE}:{upstream.port}{PATH}")
    upstream.offer("flask", offered)
    app = make_public_mirror()

    refuse(app, url_of(app, "flask"))

    assert upstream.asked(PATH) == 0


@pytest.mark.parametrize("host", [METADATA_OF_CLOUDS, "127.0.0.1"])
def test_redirects_into_our_network_are_not_followed(
    make_public_mirror: MakePublicMirror,
    upstream: FakeUpstream,
    network: StagedNetwork,
    engine: Engine,
    host: str,
):
    with running_upstream() as inside:
        offered = OfferedFile.of(WHEEL, metadata=METADATA)
        upstream.offer("flask", offered)
        inside.offer("flask", offered)
        inside.offer("other")
        for path in ("/simple/other/", offered.path, f"{offered.path}.metadata"):
            upstream.behave(path, redirecting(f"http://{host}:{inside.port}{path}"))
        app = make_public_mirror()
        address = url_of(app, "flask")

        for path in ("/simple/other/", address, f"{address}.metadata"):
            refuse(app, path, str(inside.port))

        assert inside.requests == []
    assert set(network.called) == {WORLD}
    assert list_kept(engine) == set()


def test_a_page_that_is_here_stays_when_upstream_redirects_it_into_our_network(
    make_public_mirror: MakePublicMirror, upstream: FakeUpstream
):
    app = make_public_mirror(mirror_fresh_for="0s")
    upstream.offer("flask", OfferedFile.of(WHEEL))
    before = app.get(PAGE, headers=JSON)
    upstream.behave(PAGE, redirecting(f"http://127.0.0.1:{upstream.port}/simple/inside/"))
    upstream.offer("inside", OfferedFile.of(build_wheel("flask", "666")))

    after = app.get(PAGE, headers=JSON)

    assert after.json["files"] == before.json["files"]
    assert upstream.asked("/simple/inside/") == 0


def test_an_upstream_of_this_machine_leads_to_no_metadata_of_a_cloud(
    make_public_mirror: MakePublicMirror, upstream: FakeUpstream, network: StagedNetwork
):
    network.addresses[HOME] = ["127.0.0.1"]
    url = f"http://{METADATA_OF_CLOUDS}:{upstream.port}{PATH}"
    upstream.offer("flask", OfferedFile.of(WHEEL, url=url))
    app = make_public_mirror()

    refuse(app, url_of(app, "flask"))

    assert set(network.called) == {"127.0.0.1"}


def test_a_name_that_means_something_else_later_opens_nothing(
    make_public_mirror: MakePublicMirror, upstream: FakeUpstream, network: StagedNetwork
):
    network.addresses[ELSEWHERE] = [WORLD, "127.0.0.1"]
    offered = OfferedFile.of(
        WHEEL, metadata=METADATA, url=f"http://{ELSEWHERE}:{upstream.port}{PATH}"
    )
    upstream.offer("flask", offered)
    upstream.behave(f"{PATH}.metadata", answering(200, METADATA, connection="close"))
    app = make_public_mirror()

    assert app.get(f"{address_of(WHEEL)}.metadata").body == METADATA
    refuse(app, address_of(WHEEL))

    assert upstream.asked(PATH) == 0


def test_the_password_stays_with_upstream_whatever_leads_elsewhere(
    make_public_mirror: MakePublicMirror, upstream: FakeUpstream, network: StagedNetwork
):
    network.addresses[ELSEWHERE] = [WORLD]
    app = make_public_mirror(mirror_user="me", mirror_password="s3cret")
    with running_upstream() as other:
        elsewhere = f"http://{ELSEWHERE}:{other.port}"
        listed = OfferedFile.of(WHEEL, metadata=METADATA, url=f"{elsewhere}{PATH}")
        upstream.behave(PAGE, redirecting(f"{elsewhere}{PAGE}"))
        other.offer("flask", listed)

        address = url_of(app, "flask")
        assert app.get(f"{address}.metadata").body == METADATA
        assert app.get(address).body == WHEEL.content

        assert "authorization" in upstream.last(PAGE).headers
        assert len(other.requests) == 3
        assert all("authorization" not in each.headers for each in other.requests)


def test_the_password_is_not_told_to_another_port_of_upstreams_host(
    make_public_mirror: MakePublicMirror, upstream: FakeUpstream
):
    app = make_public_mirror(mirror_user="me", mirror_password="s3cret")
    with running_upstream() as other:
        upstream.offer(
            "flask", OfferedFile.of(WHEEL, url=f"http://me:s3cret@{HOME}:{other.port}{PATH}")
        )
        other.offer("flask", OfferedFile.of(WHEEL))

        page = app.get(PAGE, headers=JSON)
        assert app.get(address_of(WHEEL)).body == WHEEL.content

        assert "s3cret" not in page
        assert "authorization" in upstream.last(PAGE).headers
        assert "authorization" not in other.last(PATH).headers
