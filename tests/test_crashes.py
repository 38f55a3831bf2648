"""A server that is killed leaves whole files, or nothing that anybody sees."""

import http.client
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pypi_web.data import File, JournalEntry, Project, Release, TakenFilename
from pypi_web.storage import Storage
from tests.distributions import build_wheel
from tests.people import Person
from tests.servers import running_server


@pytest.mark.parametrize("after", [0.02, 0.1, 0.25])
def test_a_kill_during_an_upload_leaves_all_or_nothing(
    site_ini: Path, tmp_path: Path, db: Session, storage: Storage, alice: Person, after: float
):
    wheel = build_wheel(extra={"data.bin": bytes(40_000_000)})
    body = _form(wheel)

    def upload(port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        header = {**alice.basic, "Content-Type": "multipart/form-data; boundary=x"}
        try:
            connection.request("POST", "/legacy/", body, header)
            connection.getresponse().read()
        finally:
            connection.close()

    def upload_in_vain(port: int) -> None:
        with suppress(OSError, http.client.HTTPException):  # the server goes
            upload(port)

    with running_server(site_ini, log=tmp_path / "log") as server:
        sending = threading.Thread(target=upload_in_vain, args=[server.port])
        sending.start()
        time.sleep(after)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        sending.join()

    for file in db.scalars(select(File)):
        assert b"".join(storage.read(file.sha256, 0, file.size)) == wheel.content
    if not db.scalar(select(func.count()).select_from(File)):
        for model in (Project, Release, TakenFilename, JournalEntry):
            assert not db.scalar(select(func.count()).select_from(model))
    with running_server(site_ini, log=tmp_path / "log") as server:
        upload(server.port)
    db.rollback()
    assert db.scalars(select(File.sha256)).one() == wheel.sha256


def _form(wheel) -> bytes:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in wheel.form().items()
    ]
    head = f'--x\r\nContent-Disposition: form-data; name="content"; filename="{wheel.filename}"'
    return b"".join([*parts, head.encode(), b"\r\n\r\n", wheel.content, b"\r\n--x--\r\n"])
