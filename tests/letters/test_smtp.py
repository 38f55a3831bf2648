"""Letters to a real mail server, over a real connection."""

# ruff: noqa: ARG002, N802 (what the server calls)

import datetime
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pypi_web.letters import Letter, Post, post
from pypi_web.letters.carriers import Smtp
from pypi_web.settings import SettingsError
from tests.servers import free_port

LETTER = Letter("ann@example.org", "A word", "Hello\n")


@dataclass
class Server:
    """What came to a mail server, and how."""

    answers: list[str] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    by_tls: list[bool] = field(default_factory=list)
    users: list[bytes] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        self.by_tls.append(
            session.ssl is not None or server.transport.get_extra_info("cipher") is not None
        )
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, how: str, data: Any) -> Any:
        assert isinstance(data, LoginPassword)
        self.users.append(data.login)
        return AuthResult(success=(data.login, data.password) == (b"index@site", b"p:w/d"))


@dataclass(frozen=True)
class Certificate:
    path: Path
    key: Path

    def for_server(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.path, self.key)
        return context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return Certificate(folder / "cert.pem", folder / "key.pem")


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))


@pytest.fixture
def run_server() -> Iterator[Callable[..., Server]]:
    running = []

    def run(*answers: str, **options: Any) -> Server:
        server = Server(list(answers))
        if options.pop("asks_for_user", False):
            by_tls = "tls_context" in options
            options.update(authenticator=server.authenticate, auth_require_tls=by_tls)
        server.port = free_port()
        controller = Controller(server, hostname="localhost", port=server.port, **options)
        controller.start()
        running.append(controller)
        return server

    yield run
    for controller in running:
        controller.stop()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "PAUSES", (0.01, 0.01))


def send(url: str) -> None:
    sending = Post(Smtp(url), "pypi_web <index@example.org>")
    sending.send(LETTER)
    assert sending.wait(20)


def test_a_letter_arrives(run_server: Callable[..., Server]):
    server = run_server()

    send(f"smtp://localhost:{server.port}")

    (envelope,) = server.envelopes
    assert envelope.rcpt_tos == ["ann@example.org"]
    assert envelope.mail_from == "index@example.org"
    assert b"Subject: A word" in envelope.content
    assert server.by_tls == [False]


def test_a_letter_goes_by_tls_where_the_server_can(
    run_server: Callable[..., Server], certificate: Certificate, trusted: None
):
    server = run_server(tls_context=certificate.for_server(), require_starttls=True)

    send(f"smtp://localhost:{server.port}")

    assert server.by_tls == [True]


def test_a_password_goes_by_tls(
    run_server: Callable[..., Server], certificate: Certificate, trusted: None
):
    server = run_server(tls_context=certificate.for_server(), asks_for_user=True)

    send(f"smtp://index%40site:p%3Aw%2Fd@localhost:{server.port}")

    assert (server.users, server.by_tls) == ([b"index@site"], [True])


def test_a_password_never_goes_without_tls(run_server: Callable[..., Server]):
    server = run_server(asks_for_user=True)

    send(f"smtp://index:password@localhost:{server.port}")

    assert (server.users, server.envelopes) == ([], [])


def test_a_server_that_nobody_vouches_for_gets_nothing(
    run_server: Callable[..., Server], certificate: Certificate
):
    server = run_server(tls_context=certificate.for_server(), asks_for_user=True)

    send(f"smtp://index%40site:p%3Aw%2Fd@localhost:{server.port}")

    assert (server.users, server.envelopes) == ([], [])


def test_a_letter_goes_by_tls_from_the_beginning(
    run_server: Callable[..., Server], certificate: Certificate, trusted: None
):
    server = run_server(ssl_context=certificate.for_server())

    send(f"smtps://localhost:{server.port}")

    assert server.by_tls == [True]


def test_a_server_that_says_later_is_asked_later(run_server: Callable[..., Server]):
    server = run_server("450 try later", "451 and again")

    send(f"smtp://localhost:{server.port}")

    assert len(server.envelopes) == 1


def test_a_server_that_says_no_is_not_asked_again(run_server: Callable[..., Server]):
    server = run_server("550 there is nobody")

    send(f"smtp://localhost:{server.port}")

    assert server.envelopes == []


def test_a_server_that_is_away_is_no_fault(caplog: pytest.LogCaptureFixture):
    send("smtp://localhost:9")

    assert "given up" in caplog.text


@pytest.mark.parametrize(
    "url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://x:port", "smtp://x:0"]
)
def test_a_wrong_address_of_a_server_is_named(url: str):
    with pytest.raises(SettingsError, match=r"pypi_web\.mail\.server"):
        Smtp(url)
