"""What a document of a catalogue adds to the index, and what it leaves alone."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pypi_web.data import (
    Action,
    Classifier,
    Dependency,
    Description,
    File,
    JournalEntry,
    Project,
    ProjectURL,
    Release,
    SQLAlchemyBase,
    TakenFilename,
)
from pypi_web.projects import documents, importing
from pypi_web.projects.documents import InvalidDocument
from pypi_web.projects.importing import Imported
from tests.catalogues import document, encode, file


def take(db: Session, content: Any) -> Imported:
    read = documents.read(encode(content))
    readme = importing.render_description(db, read)
    return importing.import_document(db, read, readme=readme)


def rows(db: Session) -> dict[str, list[Any]]:
    """All that is in the database."""
    tables = SQLAlchemyBase.metadata.sorted_tables
    return {table.name: sorted(db.execute(select(table)).all(), key=repr) for table in tables}


def test_adds_a_project_under_the_name_that_the_document_writes(db: Session) -> None:
    take(db, document("Some.Project"))

    project = db.scalars(select(Project)).one()

    assert (project.name, project.normalized_name) == ("Some.Project", "some-project")


def test_a_project_began_with_its_earliest_upload(db: Session) -> None:
    releases = {
        "2.0": [file("sample-2.0.tar.gz", upload_time="2020-02-02T00:00:00")],
        "1.0": [file("sample-1.0.tar.gz", upload_time="2010-01-01T12:30:00")],
    }

    take(db, document(version="2.0", releases=releases))

    project = db.scalars(select(Project)).one()
    assert project.created_at == datetime(2010, 1, 1, 12, 30, tzinfo=UTC)


def test_a_file_is_listed_with_the_address_of_its_bytes(db: Session) -> None:
    take(db, document(releases={"1.0": [file("sample-1.0.tar.gz", b"bytes")]}))

    found = db.scalars(select(File)).one()

    assert not found.is_stored
    assert found.upstream_url == "https://files.example.org/sample-1.0.tar.gz"
    assert (found.size, len(found.sha256), found.blake2b_256) == (5, 64, None)
    assert found.uploaded_at == datetime(2018, 4, 10, 10, 48, 21, tzinfo=UTC)
    assert db.get(TakenFilename, "sample-1.0.tar.gz") is not None


def test_the_time_with_a_time_zone_goes_before_the_one_without(db: Session) -> None:
    moment = "2018-04-10T10:48:21.123456Z"

    take(db, document(releases={"1.0": [file("a-1.0.tar.gz", upload_time_iso_8601=moment)]}))

    found = db.scalars(select(File)).one()
    assert found.uploaded_at == datetime(2018, 4, 10, 10, 48, 21, 123456, tzinfo=UTC)


def test_the_metadata_goes_to_the_release_that_it_is_of(db: Session) -> None:
    releases = {version: [file(f"sample-{version}.tar.gz")] for version in ("1.0", "2.0")}

    take(
        db,
        document(
            version="2.0",
            releases=releases,
            summary="A sample",
            author="Ann",
            home_page="UNKNOWN",
            license="",
            keywords=None,
            platform="any",
            description="A *sample*.",
            description_content_type="text/markdown",
            classifiers=["Topic :: Utilities", "Topic :: Utilities"],
            requires_dist=["Other.Project >= 1"],
            project_urls={"Docs": "https://docs.example.org/", "None": None},
        ),
    )

    old, new = db.scalars(select(Release).order_by(Release.sort_key))
    assert (old.summary, old.author) == (None, None)
    assert (new.summary, new.author, new.platforms) == ("A sample", "Ann", ["any"])
    assert (new.home_page, new.license, new.keywords) == (None, None, None)
    assert new.metadata_version is None
    assert "<em>sample</em>" in db.get_one(Description, new.id).html
    assert db.scalars(select(Classifier.text)).all() == ["Topic :: Utilities"]
    assert db.scalars(select(Dependency.normalized_name)).all() == ["other-project"]
    assert db.scalars(select(ProjectURL.label)).all() == ["Docs"]


def test_spellings_of_one_version_are_one_release_with_the_files_of_both(db: Session) -> None:
    releases = {
        "0.12.01": [file("sample-0.12.01.tar.gz", upload_time="2012-02-02T00:00:00")],
        "0.12.1": [file("sample-0.12.1.tar.gz", upload_time="2012-01-01T00:00:00")],
    }

    imported = take(db, document(version="0.12.1", releases=releases))

    assert db.scalars(select(Release.version)).all() == ["0.12.1"]
    assert db.scalar(select(func.count()).select_from(File)) == 2
    assert imported.joined_spellings == 1


def test_a_version_that_nobody_can_read_is_kept(db: Session) -> None:
    releases = {"1.0": [file("a-1.0.zip")], "2004a dev-r1": [file("a-2004a.zip")]}

    take(db, document(releases=releases))

    in_order = select(Release.version).order_by(Release.sort_key)
    assert db.scalars(in_order).all() == ["2004a dev-r1", "1.0"]


def test_a_release_without_files_has_the_time_of_the_version_before_it(db: Session) -> None:
    releases = {
        "1.0": [file("a-1.0.zip", upload_time="2011-01-01T00:00:00")],
        "1.1": [],
        "2.0": [file("a-2.0.zip", upload_time="2012-01-01T00:00:00")],
    }

    take(db, document(version="2.0", releases=releases))

    release = db.scalars(select(Release).where(Release.version == "1.1")).one()
    assert release.created_at == datetime(2011, 1, 1, tzinfo=UTC)


def test_the_version_of_the_metadata_is_a_release_even_where_it_is_not_listed(db: Session) -> None:
    take(db, document(version="3.0", releases={}, summary="Unlisted"))

    release = db.scalars(select(Release)).one()

    assert (release.version, release.summary) == ("3.0", "Unlisted")


def test_a_release_is_yanked_when_all_of_its_files_are(db: Session) -> None:
    yanked = {"yanked": True, "yanked_reason": "Broken"}
    releases = {
        "1.0": [file("a-1.0.zip", **yanked), file("a-1.0.whl", yanked=True)],
        "2.0": [file("a-2.0.zip", **yanked), file("a-2.0.whl")],
    }

    take(db, document(version="2.0", releases=releases))

    found = db.execute(select(Release.version, Release.yanked, Release.yanked_reason)).all()
    assert sorted(found) == [("1.0", True, "Broken"), ("2.0", False, None)]


def test_a_change_is_one_entry_of_the_journal_whose_id_is_the_projects_serial(db: Session) -> None:
    take(db, document())

    entry = db.scalars(select(JournalEntry)).one()

    assert (entry.project, entry.action) == ("sample", Action.IMPORT)
    assert db.scalar(select(Project.last_serial)) == entry.id


def test_importing_twice_changes_nothing_the_second_time(db: Session) -> None:
    content = document(summary="One", description="Text", classifiers=["Topic :: Utilities"])
    take(db, content)
    before = rows(db)

    imported = take(db, content)

    assert not imported.is_change
    assert (imported.unchanged_releases, imported.unchanged_files) == (1, 1)
    assert rows(db) == before


def test_a_later_document_adds_only_what_is_new(db: Session) -> None:
    first = {"1.0": [file("a-1.0.zip")]}
    take(db, document(releases=first, summary="First"))
    second = {"1.0": [file("a-1.0.zip"), file("a-1.0.whl")], "2.0": [file("a-2.0.zip")]}

    imported = take(db, document(version="2.0", releases=second, summary="Second"))

    assert (imported.is_new_project, imported.added_releases, imported.added_files) == (False, 1, 2)
    assert (imported.unchanged_releases, imported.unchanged_files) == (1, 1)
    assert dict(db.execute(select(Release.version, Release.summary)).all()) == {
        "1.0": "First",
        "2.0": "Second",
    }


def test_a_release_that_is_here_keeps_its_metadata(db: Session) -> None:
    take(db, document(summary="Ours", classifiers=["Topic :: Utilities"]))

    take(db, document(summary="Theirs", classifiers=["Topic :: Games"], description="New"))

    assert db.scalars(select(Release.summary)).all() == ["Ours"]
    assert db.scalars(select(Classifier.text)).all() == ["Topic :: Utilities"]
    assert db.scalars(select(Description)).all() == []


def test_a_file_that_is_here_with_other_bytes_stays_and_is_told_of(db: Session) -> None:
    take(db, document(releases={"1.0": [file("a-1.0.zip", b"ours")]}))
    before = rows(db)

    imported = take(db, document(releases={"1.0": [file("a-1.0.zip", b"theirs")]}))

    assert len(imported.conflicts) == 1
    assert "a-1.0.zip stays as it is here" in imported.conflicts[0]
    assert rows(db) == before


def test_a_filename_of_another_project_is_not_taken(db: Session) -> None:
    take(db, document("one", releases={"1.0": [file("same-1.0.zip")]}))

    imported = take(db, document("two", releases={"1.0": [file("same-1.0.zip")]}))

    assert imported.added_files == 0
    assert "another project has it" in imported.conflicts[0]


def test_a_filename_of_a_deleted_file_is_not_taken(db: Session) -> None:
    db.add(TakenFilename(filename="a-1.0.zip"))
    db.flush()

    imported = take(db, document(releases={"1.0": [file("a-1.0.zip")]}))

    assert "was deleted here" in imported.conflicts[0]
    assert db.scalars(select(File)).all() == []


def test_a_file_that_a_document_lists_twice_is_added_once(db: Session) -> None:
    imported = take(db, document(releases={"1.0": [file("a-1.0.zip")], "2.0": [file("a-1.0.zip")]}))

    assert (imported.added_files, imported.unchanged_files) == (1, 1)


def test_more_files_than_a_query_may_name_are_added(db: Session) -> None:
    many = [file(f"a-1.0-{number}.zip") for number in range(1_201)]

    imported = take(db, document(releases={"1.0": many}))

    assert imported.added_files == 1_201


def changed(**changes: Any) -> dict[str, Any]:
    return document(releases={"1.0": [{**file("a-1.0.zip"), **changes}]})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Invalid JSON"),
        (b'{"info"', "Invalid JSON"),
        (b"\xff\xfe", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"[]", "should be an object"),
        (b'{"releases": {}}', "info: Field required"),
        (encode({"info": {"version": "1"}, "releases": {}}), "info.name: Field required"),
        (encode({"info": {"name": "a"}, "releases": {}}), "info.version: Field required"),
        (encode({"info": {"name": "a", "version": "1"}}), "releases: Field required"),
        (encode(document("-not-a-name-")), "info.name: this cannot name a project"),
        (encode(document("a" * 129)), "info.name: this cannot name a project"),
        (encode(document(version="1/2")), "info.version: this cannot be a version"),
        (encode(document(version="1" * 129)), "info.version: this cannot be a version"),
        (encode(document(version="1." * 62 + "1-1")), "info.version: this version is too long"),
        (encode(document(version="")), "info.version: this cannot be a version"),
        (encode(document(releases={"1\n": []})), "this cannot be a version"),
        (encode(document(releases={"1": {}})), "releases.1: Input should be a valid array"),
        (encode(document(releases={"1": [1]})), "releases.1.0: Input should be an object"),
        (encode(document(summary=["a"])), "info.summary: Input should be a valid string"),
        (encode(document(description="\0")), "info.description: "),
        (encode(document(description_content_type="a\nb")), "info.description_content_type: "),
        (encode(document(classifiers=["a" * 257])), "info.classifiers.0: "),
        (encode(document(classifiers=["a"] * 501)), "info.classifiers: "),
        (encode(document(requires_dist=[{}])), "info.requires_dist.0: "),
        (encode(document(project_urls={"a": 1})), "info.project_urls.a: "),
        (encode(changed(filename="../a.zip")), "releases.1.0.0.filename: "),
        (encode(changed(filename="a" * 256)), "releases.1.0.0.filename: "),
        (encode(changed(packagetype="sdist; DROP")), "releases.1.0.0.packagetype: "),
        (encode(changed(size=-1)), "releases.1.0.0.size: "),
        (encode(changed(size=2**63)), "releases.1.0.0.size: "),
        (encode(changed(size="12")), "releases.1.0.0.size: "),
        (encode(changed(size=float("nan"))), "releases.1.0.0.size: "),
        (encode(changed(digests={})), "releases.1.0.0.digests.sha256: Field required"),
        (encode(changed(digests={"sha256": "z" * 64})), "releases.1.0.0.digests.sha256: "),
        (encode(changed(url="javascript:alert(1)")), "releases.1.0.0.url: "),
        (encode(changed(url="file:///etc/passwd")), "releases.1.0.0.url: "),
        (encode(changed(url="https://someone@files.example.org/a")), "releases.1.0.0.url: "),
        (encode(changed(upload_time="yesterday")), "releases.1.0.0.upload_time: "),
        (encode(changed(upload_time="0001-01-01T00:00:00+14:00")), "no file was uploaded then"),
        (encode(changed(upload_time=5)), "releases.1.0.0.upload_time: "),
    ],
)
def test_a_document_that_cannot_be_kept_is_refused_with_the_place(
    content: bytes, reason: str
) -> None:
    with pytest.raises(InvalidDocument) as refusal:
        documents.read(content)

    assert reason in str(refusal.value)


def test_a_document_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_SIZE", 100)

    with pytest.raises(InvalidDocument, match="larger"):
        documents.read(encode(document()))


def test_a_refusal_does_not_tell_a_terminal_what_to_do() -> None:
    with pytest.raises(InvalidDocument) as refusal:
        documents.read(encode(document(releases={"1\x1b[2J": []})))

    assert str(refusal.value).isprintable()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each part of a document."""
    parts: Any = ()
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path]
    for key, part in parts:
        found += places(part, (*path, key))
    return found


@given(data=st.data())
@settings(deadline=None)
def test_whatever_stands_anywhere_in_a_document_it_is_read_or_refused(data: Any) -> None:
    content = document(
        summary="One", classifiers=["A"], requires_dist=["b"], project_urls={"a": "b"}
    )
    *way, last = data.draw(st.sampled_from(places(content)[1:]))
    parent: Any = content
    for key in way:
        parent = parent[key]
    parent[last] = data.draw(anything)

    try:
        read = documents.read(encode(content))
    except InvalidDocument:
        return

    assert read.releases
