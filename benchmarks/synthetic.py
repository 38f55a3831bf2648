"""A catalogue of any size made by chance, always the same: the rows of its projects, one after the
other, as publishing would have left them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pypi_web.data import (
    Action,
    ApiToken,
    Attempt,
    AuditEvent,
    Dependency,
    DependencyKind,
    Description,
    DownloadCount,
    FactorKind,
    File,
    JournalEntry,
    Project,
    ProjectURL,
    Release,
    ReleaseClassifier,
    Role,
    RoleName,
    SecondFactor,
    TakenFilename,
    User,
    WebSession,
)
from pypi_web.projects.releases import METADATA_FIELDS, version_columns
from pypi_web.readmes import RENDERER
from pypi_web.standards.filenames import PackageType
from pypi_web.standards.names import lookalike_key

Row = dict[str, Any]

FIRST_UPLOAD = datetime(2012, 1, 1, tzinfo=UTC)
DAYS = 5_000
"""From the first upload to the last, before today."""

STILL_TO_COME = datetime(2100, 1, 1, tzinfo=UTC)
"""When what lives for a short while is forgotten."""

PROJECTS_OF_A_USER = 3
USERS_OF_A_FACTOR = 3
EVENTS_OF_A_USER = 3
EVENNESS = 5
"""The projects' shares of the files fall as 1 / (rank + this): of a million files of 100,000
projects the largest has some 18,000, 86 have 1,000 or more, and half have one or two."""

_VOCABULARY = """\
async cached compact eager fast gentle hidden lazy light quick quiet rapid simple strict typed warm
anchor basket bridge client codec engine forge gate index lantern ledger matrix parser queue router
reads writes checks files trees rows of any size with few words and no surprise on its way to disk
"""
_ADJECTIVES, _NOUNS, _WORDS = (line.split() for line in _VOCABULARY.splitlines())
_PYTHONS = (None, ">=3.7", ">=3.8", ">=3.9", ">=3.10")
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "macosx_11_0_arm64", "win_amd64")
_COMPILED = tuple(
    f"cp3{minor}-cp3{minor}-{platform}" for minor in range(9, 14) for platform in _PLATFORMS
)
_PURE = ("py3-none-any",)
_WHEELS = (_PURE, _PURE, _PURE, _PURE, (), _COMPILED[:6], _COMPILED)
"""The tags of a release's wheels, which stand beside a source distribution."""


@dataclass
class Numbers:
    """The last ids that are taken of the tables that number their rows."""

    users: int
    api_tokens: int
    projects: int
    releases: int
    files: int
    journal: int
    roles: int

    def next(self, table: str) -> int:
        number: int = getattr(self, table) + 1
        setattr(self, table, number)
        return number


def make_users(count: int, numbers: Numbers) -> dict[Any, list[Row]]:
    """People, each with a token and some with a second factor, of whom none can sign in: there is
    no text to any hash."""
    chance = random.Random(1991)
    users = [
        {
            "id": numbers.next("users"),
            "name": f"author-{number:06}",
            "email": f"author-{number:06}@example.org",
            "email_confirmed_at": FIRST_UPLOAD,
            "password_hash": "",
            "is_admin": False,
            "created_at": FIRST_UPLOAD,
        }
        for number in range(count)
    ]
    tokens = [
        {
            "id": numbers.next("api_tokens"),
            "user_id": user["id"],
            "is_for_all": True,
            "may_read": True,
            "may_publish": True,
            "may_manage": False,
            "name": "of the benchmarks",
            "sha256": f"{chance.getrandbits(256):064x}",
            "hint": "none",
            "created_at": FIRST_UPLOAD,
            "last_used_at": None,
            "last_used_from": None,
            "expires_at": None,
        }
        for user in users
    ]
    return {User: users, ApiToken: tokens, **_make_traces(users, chance)}


def _make_traces(users: list[Row], chance: random.Random) -> dict[Any, list[Row]]:
    """What people leave who log in at browsers: sessions, attempts, and events of the audit; and
    the second factors of some."""
    factors = [
        {
            "user_id": user["id"],
            "kind": FactorKind.TOTP.value,
            "name": "of the benchmarks",
            "secret": chance.randbytes(60),
            "counter": 0,
            "created_at": FIRST_UPLOAD,
        }
        for user in users[::USERS_OF_A_FACTOR]
    ]
    sessions = [
        {
            "user_id": user["id"],
            "sha256": f"{chance.getrandbits(256):064x}",
            "is_whole": True,
            "created_at": STILL_TO_COME,
            "seen_at": STILL_TO_COME,
            "proved_at": STILL_TO_COME,
        }
        for user in users
    ]
    attempts = [
        {"name": f"log in account {chance.getrandbits(128):032x}", "full_at": STILL_TO_COME}
        for _ in users
    ]
    events = [
        {
            "at": FIRST_UPLOAD,
            "act": "log in",
            "is_refused": False,
            "user_id": user["id"],
            "user_name": user["name"],
            "address": "192.0.2.1",
        }
        for user in users
        for _ in range(EVENTS_OF_A_USER)
    ]
    return {SecondFactor: factors, WebSession: sessions, Attempt: attempts, AuditEvent: events}


def share_files(projects: int, files: int) -> list[int]:
    """How many files each project has, the largest first: one at the least, `files` together."""
    shares = [1 / (rank + EVENNESS) for rank in range(projects)]
    scale = (files - projects) / sum(shares)
    counts = [1 + int(share * scale) for share in shares]
    for rank in range(files - sum(counts)):
        counts[rank % projects] += 1
    return counts


def make_projects(
    projects: int,
    files: int,
    *,
    users: list[Row],
    classifier_ids: list[int],
    numbers: Numbers,
) -> Iterator[dict[Any, list[Row]]]:
    """The rows of each project by model, those that others refer to first."""
    chance = random.Random(2012)
    counts = share_files(projects, files)
    chance.shuffle(counts)
    for number, count in enumerate(counts):
        yield _Maker(chance, users, classifier_ids, numbers).make(number, projects, count)


def project_name(number: int) -> str:
    adjective = _ADJECTIVES[number % len(_ADJECTIVES)]
    noun = _NOUNS[number // len(_ADJECTIVES) % len(_NOUNS)]
    return f"{adjective}-{noun}-{number}"


@dataclass
class _Maker:
    chance: random.Random
    users: list[Row]
    classifier_ids: list[int]
    numbers: Numbers

    def make(self, number: int, projects: int, count: int) -> dict[Any, list[Row]]:
        self.name = project_name(number)
        self.owner = self.chance.choice(self.users)
        self.moment = FIRST_UPLOAD + timedelta(days=self.chance.random() * DAYS * 0.9)
        self.step = timedelta(days=self.chance.random() * DAYS * 0.1 / count)
        self.project_id = self.numbers.next("projects")
        self.rows: dict[Any, list[Row]] = {
            model: []
            for model in (
                *(Project, Role, Release, Description, Dependency, ProjectURL, ReleaseClassifier),
                *(TakenFilename, File, DownloadCount, JournalEntry),
            )
        }
        begun = self.moment
        self._add_releases(count)
        self._describe(self.rows[Release][-1], projects)
        self.rows[Project].append(
            {
                "id": self.project_id,
                "name": self.name,
                "normalized_name": self.name,
                "created_at": begun,
                "last_serial": self.numbers.journal,
                "lookalike_key": lookalike_key(self.name),
                "status": "active",
                "status_reason": None,
            }
        )
        self.rows[Role].append(
            {
                "id": self.numbers.next("roles"),
                "project_id": self.project_id,
                "user_id": self.owner["id"],
                "name": RoleName.OWNER.value,
            }
        )
        return self.rows

    def _add_releases(self, files: int) -> None:
        tags = self.chance.choice(_WHEELS)
        number = 0
        while files:
            version = f"{number // 40}.{number // 8 % 5}.{number % 8}"
            if number % 10 == 9 and files > len(tags):  # never the last of a project
                version += "rc1"
            release_id = self._add_release(version)
            stem = f"{self.name.replace('-', '_')}-{version}"
            filenames = [f"{stem}.tar.gz", *(f"{stem}-{tag}.whl" for tag in tags)][:files]
            for filename in filenames:
                self._add_file(release_id, version, filename)
            files -= len(filenames)
            number += 1

    def _add_release(self, version: str) -> int:
        release_id = self.numbers.next("releases")
        self.rows[Release].append(
            {
                **dict.fromkeys(METADATA_FIELDS),
                **_LISTS,
                "id": release_id,
                "project_id": self.project_id,
                **version_columns(version),
                "yanked": self.chance.random() < 0.01,
                "yanked_reason": None,
                "created_at": self.moment,
                "metadata_version": "2.4",
                "summary": f"{self.name} {' '.join(self.chance.sample(_WORDS, 6))}",
                "author": self.owner["name"],
                "author_email": self.owner["email"],
                "license_expression": "MIT",
                "requires_python": self.chance.choice(_PYTHONS),
            }
        )
        return release_id

    def _add_file(self, release_id: int, version: str, filename: str) -> None:
        is_wheel = filename.endswith(".whl")
        file_id, chance = self.numbers.next("files"), self.chance
        self.rows[TakenFilename].append({"filename": filename})
        self.rows[File].append(
            {
                "id": file_id,
                "release_id": release_id,
                "filename": filename,
                "package_type": (PackageType.WHEEL if is_wheel else PackageType.SDIST).value,
                "python_tag": filename.split("-")[-3] if is_wheel else "source",
                "size": int(10 ** (3 + 4 * chance.random())),
                "sha256": f"{chance.getrandbits(256):064x}",
                "blake2b_256": f"{chance.getrandbits(256):064x}",
                "md5": f"{chance.getrandbits(128):032x}",
                "requires_python": self.rows[Release][-1]["requires_python"],
                "metadata_sha256": f"{chance.getrandbits(256):064x}" if is_wheel else None,
                "uploaded_at": self.moment,
                "uploader_id": self.owner["id"],
                "is_stored": True,
                "upstream_url": None,
            }
        )
        if chance.random() < 0.2:
            self.rows[DownloadCount].append(
                {"file_id": file_id, "day": self.moment.date(), "downloads": chance.randrange(99)}
            )
        self.rows[JournalEntry].append(
            {
                "id": self.numbers.next("journal"),
                "project": self.name,
                "action": Action.ADD_FILE.value,
                "version": version,
                "filename": filename,
                "actor": self.owner["name"],
                "created_at": self.moment,
            }
        )
        self.moment += self.step

    def _describe(self, newest: Row, projects: int) -> None:
        """The newest release's README and lists, which are what is shown of most projects."""
        release_id, chance = newest["id"], self.chance
        paragraphs = [" ".join(chance.choices(_WORDS, k=40)) for _ in range(chance.randrange(1, 9))]
        self.rows[Description].append(
            {
                "release_id": release_id,
                "source": "\n\n".join((f"# {self.name}", *paragraphs)),
                "content_type": "text/markdown",
                "html": f"<h1>{self.name}</h1>" + "".join(f"<p>{each}</p>" for each in paragraphs),
                "problem": None,
                "renderer": RENDERER,
            }
        )
        # Some projects are what very many need, most are what none does.
        needed = [project_name(int(projects * chance.random() ** 4)) for _ in range(5)]
        self.rows[Dependency] += [
            {
                "release_id": release_id,
                "kind": DependencyKind.REQUIRES_DIST.value,
                "position": position,
                "specifier": f"{name}>=1",
                "normalized_name": name,
            }
            for position, name in enumerate(needed[: chance.randrange(6)])
        ]
        self.rows[ProjectURL].append(
            {
                "release_id": release_id,
                "position": 0,
                "label": "Source",
                "url": f"https://git.example.org/{self.name}",
            }
        )
        self.rows[ReleaseClassifier] += [
            {"release_id": release_id, "classifier_id": classifier_id}
            for classifier_id in chance.sample(
                self.classifier_ids, min(8, len(self.classifier_ids))
            )
        ]


_LISTS: Row = {
    name: []
    for name in (
        *("platforms", "license_files", "provides_extra", "dynamic"),
        *("import_names", "import_namespaces"),
    )
}
