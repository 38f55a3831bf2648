"""What installers ask, one kind of question after the other: how fast this index answers, beside
nginx with the same bytes and beside other indexes."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import first_reads, read_tables
from benchmarks.bare import running_bare
from benchmarks.connections import Connection, send_all
from benchmarks.load import NAME, Request
from benchmarks.nginx import serving_files
from benchmarks.peers import PeerMissing, Target, running_all
from benchmarks.read_tables import OURS, TITLES
from benchmarks.readers import (
    DOWNLOADS,
    FILES,
    GZIP,
    LARGE,
    LARGE_PROJECT,
    PLAIN,
    PROJECT,
    ROUNDS,
    Reader,
    warm_up,
)
from benchmarks.sites import ProductionSite, make_production_site, make_token
from benchmarks.uploads import postgres_as_in_production
from benchmarks.wheels import Upload, make_upload
from tests import postgres
from tests.servers import running_server


def measure(folder: Path) -> None:
    folder.mkdir()
    print(f"\nReading, asked by {NAME} …", flush=True)
    with postgres_as_in_production() as server:
        sites = {
            name: make_production_site(
                folder / name,
                None
                if name == "SQLite"
                else postgres.create_database(server, "reads").render_as_string(False),
            )
            for name in ("SQLite", "PostgreSQL")
        }
        compare(folder, sites)
        first_reads.compare(folder, sites)
        first_reads.measure_memory(folder, sites["SQLite"])


def compare(folder: Path, sites: dict[str, ProductionSite]) -> None:
    """Starts all servers and asks each in turn, round by round, so that what the machine does
    otherwise meets all alike."""
    small = [make_upload(PROJECT, f"1.{number}") for number in range(FILES)]
    large = make_upload(LARGE_PROJECT, "1.0", size=LARGE)
    with ExitStack() as stack:
        readers: list[Reader] = []
        for name, site in sites.items():
            ourselves = stack.enter_context(running_ourselves(folder, name, site))
            _publish(ourselves[0].target, [*small, large, *first_reads.make_uploads()])
            readers += ourselves
        for target in running_all(stack, folder):
            _publish(target, [*small, large])
            readers.append(Reader(target))
        ours = next(each for each in readers if each.name == OURS)
        for reader in readers:
            reader.prepare()
            reader.prepare_file(large.filename)
        _write_answers(folder, ours)
        readers.insert(0, _prepare(stack.enter_context(running_bare(folder))))
        try:
            readers.insert(0, _prepare(stack.enter_context(serving_files(folder))))
        except PeerMissing as missing:
            print(f"  Without nginx. {missing}", flush=True)
        _go_rounds(readers)
        read_tables.show(readers)


@contextmanager
def running_ourselves(folder: Path, name: str, site: ProductionSite) -> Iterator[list[Reader]]:
    """This index as production.ini runs it, twice on the same data: as it is, where one signs in
    with a token, and for anyone; that by granian, and by waitress where publishers come."""
    token = make_token(site.ini, "publisher", **site.environment)
    paths = ("/legacy/", "/simple/{project}/", "__token__", token)
    with (
        running_server(site.ini, log=folder / name / "log", **site.environment) as closed,
        running_server(
            site.ini,
            log=folder / name / "log-for-anyone",
            **site.environment,
            PYPI_WEB_ANONYMOUS_READ="true",
        ) as opened,
    ):
        signed_in = Target(
            f"pypi_web, {name}, by token", closed.port, *paths, pid=closed.process.pid
        )
        anyone = Target(f"pypi_web, {name}, for anyone", opened.port, *paths, opened.process.pid)
        by_waitress = replace(anyone, name=f"{anyone.name}, waitress", port=opened.upload_port)
        readers = [Reader(signed_in, {"Authorization": signed_in.authorization}), Reader(anyone)]
        yield [*readers, Reader(by_waitress)] if name == "SQLite" else readers


def _write_answers(folder: Path, ours: Reader) -> None:
    """What we answer, in files: the page, the page as we compress it, the large file."""
    www = folder / "www"
    www.mkdir()
    page = www / f"{PROJECT}.json"
    with Connection(ours.target.port) as connection:
        page.write_bytes(connection.ask(bytes(ours.requests[PLAIN]))[1])
        if GZIP in ours.requests:
            packed = connection.ask(bytes(ours.requests[GZIP]))[1]
            page.with_suffix(".json.gz").write_bytes(packed)
        file = Request(ours.file, {"Accept-Encoding": "identity"})
        (www / "large").write_bytes(connection.ask(bytes(file))[1])


def _prepare(target: Target) -> Reader:
    """A server of those files."""
    reader = Reader(target, file="/large")
    reader.prepare()
    return reader


def _publish(target: Target, uploads: Sequence[Upload]) -> None:
    requests = [each.request(target.path, target.user, target.password) for each in uploads]
    send_all(target.port, requests, connections=4, seconds=600)


def _go_rounds(readers: Sequence[Reader]) -> None:
    for reader in readers:  # what is loaded once, is loaded, in each thread
        for request in reader.requests.values():
            warm_up(reader.target.port, bytes(request))
    downloaders = [each for each in readers if each.downloads]
    for reader in downloaders:
        reader.take_downloads(1)
        reader.times.clear()
    for _ in range(ROUNDS):
        for kind in TITLES:
            for reader in readers:
                if kind in reader.requests:
                    reader.take_load(kind)
        for at_once in (1, DOWNLOADS):
            for reader in downloaders:
                reader.take_downloads(at_once)
