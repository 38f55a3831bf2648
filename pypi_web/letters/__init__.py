"""Letters to people, sent once what they tell of has been committed."""

import logging
import queue
import smtplib
import ssl
import threading
import time
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from pypi_web.settings import Settings, SettingsError

log = logging.getLogger(__name__)

WAITING = 1_000
"""Letters that wait to be sent; more are dropped, and said to be."""

TRIES = (0, 5, 30, 120)
"""Seconds before each try to reach the mail server."""


@dataclass(frozen=True)
class Letter:
    """Plain text to one address."""

    to: str
    subject: str
    text: str


class Carrier(Protocol):
    def carry(self, message: EmailMessage) -> None:
        """Raises OSError or SMTPException."""


class Folder:
    """For development: a file a letter."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def carry(self, message: EmailMessage) -> None:
        self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{time.time_ns()}-{threading.get_ident()}.eml"
        (self._path / name).write_bytes(bytes(message))


class Smtp:
    """`smtp://user:password@host:587` speaks TLS once it is connected, where the server can and
    always where there is a password; `smtps://` from the beginning."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == 0:
            raise SettingsError(
                "Setting pypi_web.mail.server is wrong: write smtp://user:password@host:587, or"
                " smtps:// where the server speaks TLS from the beginning."
            )
        self._is_tls = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = port or (465 if self._is_tls else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")

    def carry(self, message: EmailMessage) -> None:
        context = ssl.create_default_context()
        if self._is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=30, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=30)
        with server:
            if not self._is_tls:
                server.ehlo()
                if server.has_extn("starttls") or self._user:
                    server.starttls(context=context)
            if self._user:
                server.login(self._user, self._password)
            server.send_message(message)


class Post:
    """Takes letters and sends them beside the requests, one after the other."""

    def __init__(self, carrier: Carrier | None, sender: str) -> None:
        self._carrier = carrier
        self._sender = sender
        self._letters: queue.Queue[Letter] = queue.Queue(WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def is_open(self) -> bool:
        """Whether letters get anywhere."""
        return self._carrier is not None

    def send_after_commit(self, request: Any, letter: Letter) -> None:
        """Sends a letter once the request's transaction has committed, and else never."""

        def send(has_committed: bool) -> None:
            if has_committed:
                self.send(letter)

        request.tm.get().addAfterCommitHook(send)

    def send(self, letter: Letter) -> None:
        if self._carrier is None:
            log.info("A letter is not sent, for no pypi_web.mail.server is set: %s", letter.subject)
            return
        try:
            self._letters.put_nowait(letter)
        except queue.Full:
            log.error("Too many letters wait: %r is dropped.", letter.subject)
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="letters")
                self._thread.start()

    def wait(self) -> None:
        """Until all that was handed in is sent, or given up."""
        self._letters.join()

    def _run(self) -> None:
        while True:
            letter = self._letters.get()
            try:
                self._carry(letter)
            finally:
                self._letters.task_done()

    def _carry(self, letter: Letter) -> None:
        assert self._carrier is not None
        for pause in TRIES:
            time.sleep(pause)
            try:
                self._carrier.carry(_write(letter, self._sender))
            except smtplib.SMTPRecipientsRefused:
                log.warning("The mail server takes no letters to one of our people: %r.", letter.to)
                return
            except (OSError, smtplib.SMTPException) as error:
                log.warning("A letter could not be sent: %s", error)
            except ValueError:
                log.warning("A letter has an address or subject that none can have.")
                return
            else:
                return
        log.error("A letter is given up: %r.", letter.subject)


def _write(letter: Letter, sender: str) -> EmailMessage:
    """Raises ValueError where a header would become two."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">") or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def open_post(settings: Settings) -> Post:
    """Raises SettingsError where the mail server is no address."""
    carrier: Carrier | None = None
    if settings.mail_server is not None:
        carrier = Smtp(settings.mail_server.get_secret_value())
    elif settings.mail_folder is not None:
        carrier = Folder(settings.mail_folder)
    return Post(carrier, settings.mail_sender)
