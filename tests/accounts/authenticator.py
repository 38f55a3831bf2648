"""A security key in software: answers what a page asks of a browser, as a key would or wrongly."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

ORIGIN = "http://localhost:6543"

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftKey:
    """`origin` is of the page that it thinks asks; `verifies` is whether it recognises people."""

    origin: str = ORIGIN
    count: int = 1
    verifies: bool = True
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    secret: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: str) -> str:
        """What `navigator.credentials.create` gives for the options of a page."""
        asked = json.loads(options)
        key = self._cose()
        attested = b"\0" * 16 + len(self.id).to_bytes(2, "big") + self.id + key
        data = self._data(asked["rp"]["id"], ATTESTED) + attested
        made = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._answer(
            {
                "clientDataJSON": self._client_data("webauthn.create", asked["challenge"]),
                "attestationObject": encode_cbor(made),
            }
        )

    def use(self, options: str) -> str:
        """What `navigator.credentials.get` gives; the key counts on."""
        asked = json.loads(options)
        self.count += 1 if self.count else 0
        client_data = self._client_data("webauthn.get", asked["challenge"])
        data = self._data(asked["rpId"])
        signed = data + hashlib.sha256(client_data).digest()
        return self._answer(
            {
                "clientDataJSON": client_data,
                "authenticatorData": data,
                "signature": self.secret.sign(signed, ec.ECDSA(hashes.SHA256())),
            }
        )

    def _data(self, domain: str, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        digest = hashlib.sha256(domain.encode()).digest()
        return digest + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _cose(self) -> bytes:
        numbers = self.secret.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _answer(self, response: dict[str, bytes]) -> str:
        written = {name: bytes_to_base64url(value) for name, value in response.items()}
        name = bytes_to_base64url(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": written})


def challenge_of(options: str) -> bytes:
    return base64url_to_bytes(json.loads(options)["challenge"])
