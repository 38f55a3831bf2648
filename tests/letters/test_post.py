"""Letters go after the commit, beside the requests, and once more where that fails."""

import smtplib
import subprocess
import sys
import textwrap
import threading
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
import transaction

from pypi_web import settings
from pypi_web.letters import Letter, Post, open_post, post
from tests.mail import Mailbox

LETTER = Letter("ann@example.org", "A word", "Hello\n")


class Request:
    def __init__(self) -> None:
        self.tm = transaction.TransactionManager(explicit=True)
        self.tm.begin()


class Refusing:
    """A database that does not keep what it was given, once all is to be kept."""

    transaction_manager = None

    def sortKey(self) -> str:  # noqa: N802
        return "refusing"

    def commit(self, _transaction: object) -> None: ...

    abort = tpc_begin = tpc_finish = tpc_abort = commit

    def tpc_vote(self, _transaction: object) -> None:
        raise RuntimeError("the disk is full")


class Failing:
    """Raises what it is given, one after the other, then takes all."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.tries, self.messages = list(errors), 0, []

    def carry(self, message: EmailMessage) -> None:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        self.messages.append(message)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "PAUSES", (0.01, 0.02, 0.03, 0.04))


@pytest.fixture
def box() -> Mailbox:
    box = Mailbox()
    box.post = Post(box, "index@example.org")
    return box


def test_a_letter_goes_after_the_commit(box: Mailbox):
    request = Request()
    assert box.post is not None
    box.post.send_after_commit(request, LETTER)
    assert box.read() == []

    request.tm.commit()

    assert box.to("ann@example.org") == ["A word"]


def test_no_letter_goes_of_what_came_to_nothing(box: Mailbox):
    request = Request()
    assert box.post is not None
    box.post.send_after_commit(request, LETTER)

    request.tm.abort()

    assert box.read() == []


def test_no_letter_goes_where_the_commit_fails(box: Mailbox):
    request = Request()
    assert box.post is not None
    box.post.send_after_commit(request, LETTER)
    request.tm.get().join(Refusing())

    with pytest.raises(RuntimeError):
        request.tm.commit()

    assert box.read() == []


def test_sending_delays_nobody():
    begun, let_go = threading.Event(), threading.Event()

    class Slow:
        def carry(self, _message: EmailMessage) -> None:
            begun.set()
            assert let_go.wait(10)

    slow = Post(Slow(), "index@example.org")
    slow.send(LETTER)
    assert begun.wait(10)

    at = time.perf_counter()
    slow.send(LETTER)

    assert time.perf_counter() - at < 1
    assert not slow.wait(0)
    let_go.set()
    assert slow.wait(10)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        smtplib.SMTPServerDisconnected(),
        smtplib.SMTPResponseException(451, b"later"),
        smtplib.SMTPRecipientsRefused({"ann@example.org": (450, b"later")}),
        smtplib.SMTPAuthenticationError(535, b"no"),
    ],
)
def test_what_fails_for_now_is_tried_again(error: Exception):
    carrier = Failing(error, error)
    tried = Post(carrier, "index@example.org")

    tried.send(LETTER)

    assert tried.wait(10)
    assert (carrier.tries, len(carrier.messages)) == (3, 1)


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"ann@example.org": (550, b"nobody")}),
        smtplib.SMTPDataError(554, b"spam"),
    ],
)
def test_what_is_refused_for_good_is_given_up(error: Exception):
    carrier = Failing(error)
    tried = Post(carrier, "index@example.org")

    tried.send(LETTER)

    assert tried.wait(10)
    assert (carrier.tries, carrier.messages) == (1, [])


def test_after_some_tries_a_letter_is_given_up_and_said_to_be(caplog: pytest.LogCaptureFixture):
    carrier = Failing(*[OSError("away")] * 9)
    tried = Post(carrier, "index@example.org")

    tried.send(LETTER)

    assert tried.wait(10)
    assert carrier.tries == 5
    assert "given up: 'A word'" in caplog.text


def test_one_that_waits_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(post, "PAUSES", (60.0,))
    carrier = Failing(OSError("away"))
    tried = Post(carrier, "index@example.org")
    tried.send(LETTER)
    tried.send(Letter("bob@example.org", "Another", "Hello\n"))

    deadline = time.monotonic() + 10
    while not carrier.messages and time.monotonic() < deadline:
        time.sleep(0.01)

    assert [each["To"] for each in carrier.messages] == ["bob@example.org"]
    assert not tried.wait(0)


def test_a_fault_of_a_carrier_stops_no_other_letter():
    carrier = Failing(RuntimeError("a fault"))
    tried = Post(carrier, "index@example.org")

    tried.send(LETTER)
    tried.send(LETTER)

    assert tried.wait(10)
    assert len(carrier.messages) == 1


def test_a_letter_that_can_be_none_stops_no_other(box: Mailbox):
    assert box.post is not None
    box.post.send(Letter("ann@example.org\nBcc: all@example.org", "A", "x\n"))
    box.post.send(LETTER)

    assert [each["To"] for each in box.read()] == ["ann@example.org"]


def test_too_many_letters_are_dropped_rather_than_kept(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(post, "WAITING", 2)
    monkeypatch.setattr(post, "PAUSES", (60.0,))
    tried = Post(Failing(*[OSError("away")] * 9), "index@example.org")

    for _ in range(4):
        tried.send(LETTER)

    assert "dropped" in caplog.text


def test_at_the_end_what_waits_is_tried_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(post, "PAUSES", (60.0,))
    carrier = Failing(OSError("away"))
    tried = Post(carrier, "index@example.org")
    tried.send(LETTER)
    while not carrier.tries:
        time.sleep(0.01)

    tried.close()

    assert len(carrier.messages) == 1


def test_at_the_end_nobody_waits_for_ever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    let_go = threading.Event()

    class Slow:
        def carry(self, _message: EmailMessage) -> None:
            let_go.wait(10)

    monkeypatch.setattr(post, "LAST_MOMENTS", 0.1)
    tried = Post(Slow(), "index@example.org")
    tried.send(LETTER)

    tried.close()

    assert "1 letters could not be sent" in caplog.text
    let_go.set()


def test_a_process_that_ends_in_order_sends_its_letters_first(tmp_path: Path):
    program = f"""
        from pathlib import Path
        from pypi_web.letters import Letter, Post
        from pypi_web.letters.carriers import Folder
        post = Post(Folder(Path({str(tmp_path / "mail")!r})), "index@example.org")
        for number in range(20):
            post.send(Letter("ann@example.org", f"A word {{number}}", "Hello\\n"))
    """

    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=60)

    assert len(list((tmp_path / "mail").iterdir())) == 20


def test_without_a_server_no_letter_goes_and_that_is_known():
    closed = open_post(settings.read({"pypi_web.secret": "x" * 32}, {}))

    closed.send(LETTER)

    assert not closed.is_open
    assert closed.wait(0)


def test_a_folder_takes_letters_for_development(tmp_path: Path):
    ini = {"pypi_web.secret": "x" * 32, "pypi_web.mail.folder": str(tmp_path / "var" / "mail")}
    folder = open_post(settings.read(ini, {}))

    folder.send(LETTER)

    assert folder.wait(10)
    (path,) = (tmp_path / "var" / "mail").glob("*.eml")
    assert "To: ann@example.org" in path.read_text()
