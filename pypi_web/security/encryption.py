"""Secrets that must be read again, kept so that a copy of the database alone does not give them."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12
_TAG = 16


def seal(signing_key: str, text: str, *, whose: str) -> bytes:
    """The text, encrypted under the site's secret and bound to whose it is."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(signing_key).encrypt(nonce, text.encode(), whose.encode())


def unseal(signing_key: str, sealed: bytes, *, whose: str) -> str | None:
    """The text; None where it was sealed under another secret, or for somebody else."""
    if len(sealed) < _NONCE + _TAG:
        return None
    nonce, rest = sealed[:_NONCE], sealed[_NONCE:]
    try:
        return _cipher(signing_key).decrypt(nonce, rest, whose.encode()).decode()
    except InvalidTag:
        return None


def _cipher(signing_key: str) -> AESGCM:
    """AES-256-GCM by a key of its own, so that nothing else the secret does tells of it."""
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"pypi_web second factors")
    return AESGCM(derive.derive(signing_key.encode()))
