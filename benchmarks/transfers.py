"""A large wheel, sent to a real server and fetched from it: speed, and the server's memory."""

import base64
import hashlib
import os
import re
import shutil
import statistics
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import requests
from requests_toolbelt import MultipartEncoder

from benchmarks import tables
from benchmarks.sites import make_token
from tests.servers import Server, running_server

CHUNK = 1 << 20


@dataclass(frozen=True)
class Round:
    """Seconds that each took."""

    copied: float
    sent: float
    fetched: float


def measure(ini: Path, folder: Path, *, size: int, rounds: int) -> None:
    """Publishes and fetches wheels of `size` bytes that cannot be compressed; each is also copied
    on the disk, which is what the speeds are compared with."""
    print(f"\nSending and fetching {rounds} wheels of {size / 1e6:.0f} MB …", flush=True)
    token = make_token(ini, "publisher")
    with running_server(ini, log=folder / "server.log") as server:
        _go_round(server, token, folder, version="0", size=CHUNK)  # what is loaded once, is loaded
        before = _peak_memory(server)
        times = []
        for number in range(rounds):
            times.append(_go_round(server, token, folder, version=f"1.{number}", size=size))
        after = _peak_memory(server)
    medians = {
        name: statistics.median(getattr(each, name) for each in times)
        for name in ("copied", "sent", "fetched")
    }
    labels = {"copied": "copying it on the disk", "sent": "uploading", "fetched": "downloading"}
    tables.show(
        f"A wheel of {size / 1e6:.0f} MB (medians of {rounds})",
        ("", "time", "speed", "against copying"),
        [
            (
                label,
                tables.seconds(medians[name]),
                f"{size / 1e6 / medians[name]:.0f} MB/s",
                tables.ratio(medians[name], medians["copied"]),
            )
            for name, label in labels.items()
        ],
    )
    if before is not None and after is not None:
        print(
            f"  The server's peak memory: {tables.mebibytes(before)} before,"
            f" {tables.mebibytes(after)} after; it grew by {tables.mebibytes(after - before)}."
        )


def _go_round(server: Server, token: str, folder: Path, *, version: str, size: int) -> Round:
    wheel, sha256 = build_wheel(folder, version, size)
    copy = folder / "copy"
    start = time.perf_counter()
    shutil.copyfile(wheel, copy)
    copied = time.perf_counter() - start
    start = time.perf_counter()
    send(server, token, wheel, version=version, sha256=sha256)
    sent = time.perf_counter() - start
    start = time.perf_counter()
    _fetch(server, wheel.name, copy)
    fetched = time.perf_counter() - start
    with copy.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == sha256, "the bytes are the same"
    wheel.unlink()
    copy.unlink()
    return Round(copied, sent, fetched)


def build_wheel(folder: Path, version: str, size: int) -> tuple[Path, str]:
    """A valid wheel with one member of random bytes, and its SHA-256."""
    stem = f"large-{version}"
    path = folder / f"{stem}-py3-none-any.whl"
    digest = hashlib.sha256()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("large/data.bin", "w", force_zip64=True) as member:
            for start in range(0, size, CHUNK):
                chunk = os.urandom(min(CHUNK, size - start))
                digest.update(chunk)
                member.write(chunk)
        texts = {
            f"{stem}.dist-info/METADATA": (
                f"Metadata-Version: 2.1\nName: large\nVersion: {version}\n"
            ),
            f"{stem}.dist-info/WHEEL": (
                "Wheel-Version: 1.0\nGenerator: benchmarks\nRoot-Is-Purelib: true\n"
                "Tag: py3-none-any\n"
            ),
        }
        record = [f"large/data.bin,sha256={_urlsafe(digest.digest())},{size}"]
        for name, text in texts.items():
            archive.writestr(name, text)
            content = text.encode()
            record.append(
                f"{name},sha256={_urlsafe(hashlib.sha256(content).digest())},{len(content)}"
            )
        archive.writestr(
            f"{stem}.dist-info/RECORD", "\n".join((*record, f"{stem}.dist-info/RECORD,,\n"))
        )
    with path.open("rb") as file:
        return path, hashlib.file_digest(file, "sha256").hexdigest()


def _urlsafe(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def send(server: Server, token: str, wheel: Path, *, version: str, sha256: str) -> None:
    with wheel.open("rb") as content:
        form = MultipartEncoder(
            {
                ":action": "file_upload",
                "protocol_version": "1",
                "metadata_version": "2.1",
                "name": "large",
                "version": version,
                "filetype": "bdist_wheel",
                "pyversion": "py3",
                "sha256_digest": sha256,
                "content": (wheel.name, content, "application/octet-stream"),
            }
        )
        answer = requests.post(
            server.upload_url,
            data=form,
            headers={"Content-Type": form.content_type},
            auth=("__token__", token),
            timeout=600,
        )
    assert answer.status_code == 200, f"The upload failed: {answer.status_code} {answer.text}"


def _fetch(server: Server, filename: str, path: Path) -> None:
    page_url = urljoin(server.index_url, "large/")
    page = requests.get(
        page_url, headers={"Accept": "application/vnd.pypi.simple.v1+json"}, timeout=60
    ).json()
    (url,) = (file["url"] for file in page["files"] if file["filename"] == filename)
    with (
        requests.get(urljoin(page_url, url), stream=True, timeout=600) as answer,
        path.open("wb") as file,
    ):
        answer.raise_for_status()
        for chunk in answer.iter_content(CHUNK):
            file.write(chunk)


def _peak_memory(server: Server) -> int | None:
    """Bytes that the server has had at most, where the system tells."""
    status = Path(f"/proc/{server.process.pid}/status")
    if not status.exists():
        return None
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    return int(found[1]) * 1024 if found else None
