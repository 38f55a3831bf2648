"""What takes messages on: a mail server, or a folder for development."""

import smtplib
import ssl
import threading
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from pypi_web.settings import SettingsError

PATIENCE = 30.0
"""Seconds that a mail server may take for a step."""


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
        with self._connect(context) as server:
            if not self._is_tls:
                server.ehlo()
                if server.has_extn("starttls") or self._user:
                    server.starttls(context=context)
            if self._user:
                server.login(self._user, self._password)
            server.send_message(message)

    def _connect(self, context: ssl.SSLContext) -> smtplib.SMTP:
        if self._is_tls:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=PATIENCE, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=PATIENCE)


def is_final(error: Exception) -> bool:
    """Whether a mail server has said no for good (RFC 5321, 4.2.1: 5xx), rather than not now."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False  # the site's owner may mend it
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
