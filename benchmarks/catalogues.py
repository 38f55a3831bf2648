"""A catalogue made by chance, always the same, in the shape of a real one."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PROJECTS = 96
FIRST_UPLOAD = datetime(2010, 1, 1, tzinfo=UTC)


def write_catalogue(folder: Path) -> Path:
    """Writes a document for each of 96 projects, from 5 releases to some 500: about 5,500
    releases and 19,000 files."""
    folder.mkdir(parents=True)
    chance = random.Random(96)
    for number in range(PROJECTS):
        name = f"sample-{number:02}"
        releases = 5 + round(520 * (number / PROJECTS) ** 16) + chance.randrange(45)
        if number in (0, PROJECTS - 1):
            releases = (5, 500)[number > 0]
        path = folder / f"{name}.json"
        path.write_text(json.dumps(_document(chance, name, releases)), encoding="utf-8")
    return folder


def _document(chance: random.Random, name: str, count: int) -> dict[str, Any]:
    releases = {}
    moment = FIRST_UPLOAD
    for number in range(count):
        version = f"{number // 40}.{number // 8 % 5}.{number % 8}"
        moment += timedelta(days=chance.random() * 20)
        releases[version] = [
            _file(chance, filename, moment)
            for filename in _filenames(name, version, wheels=chance.choice((1, 1, 1, 2, 7)))
        ]
    return {
        "info": {
            "name": name,
            "version": version,
            "summary": f"What {name} is for, in one sentence",
            "description": _description(chance, name),
            "description_content_type": "",
            "author": "Some Author",
            "author_email": "author@example.org",
            "home_page": f"https://{name}.example.org/",
            "license": "MIT",
            "keywords": "sample,benchmark",
            "requires_python": ">=3.8",
            "requires_dist": [f"sample-{chance.randrange(PROJECTS):02} >= 1" for _ in range(6)],
            "classifiers": [
                "Development Status :: 5 - Production/Stable",
                "Intended Audience :: Developers",
                *(f"Programming Language :: Python :: 3.{minor}" for minor in range(8, 15)),
            ],
            "project_urls": {"Documentation": f"https://docs.example.org/{name}/"},
        },
        "releases": releases,
    }


def _filenames(name: str, version: str, *, wheels: int) -> list[str]:
    stem = f"{name.replace('-', '_')}-{version}"
    platforms = ["py3-none-any", *(f"cp3{minor}-cp3{minor}-linux_x86_64" for minor in range(8, 15))]
    return [f"{stem}.tar.gz", *(f"{stem}-{platform}.whl" for platform in platforms[:wheels])]


def _file(chance: random.Random, filename: str, moment: datetime) -> dict[str, Any]:
    is_wheel = filename.endswith(".whl")
    return {
        "filename": filename,
        "packagetype": "bdist_wheel" if is_wheel else "sdist",
        "python_version": filename.split("-")[-3] if is_wheel else "source",
        "size": chance.randrange(10_000, 2_000_000),
        "digests": {
            "md5": f"{chance.getrandbits(128):032x}",
            "sha256": f"{chance.getrandbits(256):064x}",
        },
        "url": f"https://files.example.org/packages/{filename}",
        "upload_time": moment.strftime("%Y-%m-%dT%H:%M:%S"),
    }


def _description(chance: random.Random, name: str) -> str:
    words = ("index", "release", "file", "project", "installer", "upstream", "wheel", "source")
    sections = [f"{name}\n{'=' * len(name)}\n"]
    for number in range(8):
        text = " ".join(chance.choice(words) for _ in range(60))
        sections.append(f"Section {number}\n---------\n\n{text}\n\n* **one**\n* ``two``\n")
    return "\n".join(sections)
