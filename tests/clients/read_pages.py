"""Run by the Python of the clients' environment: prints what readers that others wrote understand
of the index whose address is given, in both formats, as JSON.

pypi-simple also downloads all files and their metadata, and verifies the digests.
"""

import json
import sys
import tempfile
import warnings
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import pypi_simple
from mousebender import simple

# It reads statuses, which came with 1.4, but warns of any HTML that says more than 1.1.
warnings.filterwarnings("ignore", category=simple.APIVersionWarning)

INDEX = sys.argv[1]


def read_with_pypi_simple(accept: str) -> dict:
    with pypi_simple.PyPISimple(INDEX, accept=accept) as client:
        projects = client.get_index_page().projects
        return {name: _page(client, client.get_project_page(name)) for name in projects}


def _page(client: pypi_simple.PyPISimple, page: pypi_simple.ProjectPage) -> dict:
    return {
        "versions": page.versions,
        "status": page.status and page.status.value,
        "status_reason": page.status_reason,
        "serial": page.last_serial,
        "files": [_file(client, file) for file in page.packages],
    }


def _file(client: pypi_simple.PyPISimple, file: pypi_simple.DistributionPackage) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        client.download_package(file, Path(folder, file.filename))
    return {
        "filename": file.filename,
        "version": file.version,
        "hashes": file.digests,
        "requires_python": file.requires_python,
        "yanked": (file.yanked_reason or "") if file.is_yanked else None,
        "metadata_hashes": file.metadata_digests,
        "metadata": client.get_package_metadata(file) if file.has_metadata else None,
        "size": file.size,
        "uploaded_at": file.upload_time and file.upload_time.isoformat(),
    }


def read_with_mousebender(accept: str) -> dict:
    index = simple.parse_project_index(*_get(INDEX, accept))
    pages = {}
    for name in [project["name"] for project in index["projects"]]:
        url = simple.create_project_url(INDEX, name)
        page = simple.parse_project_details(*_get(url, accept), name)
        pages[page["name"]] = {
            "versions": page.get("versions"),
            "files": [_mousebender_file(url, file) for file in page["files"]],
        }
    return pages


def _mousebender_file(page_url: str, file: dict) -> dict:
    yanked = file.get("yanked", False)
    with urlopen(Request(urljoin(page_url, file["url"]), method="HEAD")) as answer:
        assert answer.status == 200, answer.status
    return {
        "filename": file["filename"],
        "hashes": file["hashes"],
        "requires_python": file.get("requires-python"),
        "yanked": None if yanked is False else "" if yanked is True else yanked,
        "metadata_hashes": file.get("core-metadata") or None,
        "size": file.get("size"),
        "uploaded_at": file.get("upload-time"),
    }


def _get(url: str, accept: str) -> tuple[str, str]:
    with urlopen(Request(url, headers={"Accept": accept})) as answer:
        return answer.read().decode(), answer.headers["Content-Type"]


json.dump(
    {
        "pypi-simple, json": read_with_pypi_simple(pypi_simple.ACCEPT_JSON_ONLY),
        "pypi-simple, html": read_with_pypi_simple(pypi_simple.ACCEPT_HTML_ONLY),
        "mousebender, json": read_with_mousebender(simple.ACCEPT_JSON_V1),
        "mousebender, html": read_with_mousebender(simple.ACCEPT_HTML),
    },
    sys.stdout,
)
