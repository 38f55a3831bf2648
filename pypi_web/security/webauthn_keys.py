"""Security keys and passkeys (WebAuthn): what a browser is asked, and what its answer is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

TIMEOUT = 300
"""Seconds that a person has to find their key, and a challenge to be answered in."""

MAX_ID = 1023
"""Bytes of a credential's id (WebAuthn Level 3, 4)."""

_MALFORMED = "What the key answered cannot be read. Try again."


class KeyRefused(Exception):
    """A key did not show what it was asked for; the message is for its owner."""


@dataclass(frozen=True)
class KeySite:
    """The site as keys know it: its domain, and the origin that pages of it have."""

    domain: str
    origin: str


@dataclass(frozen=True)
class Question:
    """What a browser is asked: `options` are the JSON of it, in which the challenge stands."""

    options: str
    challenge: bytes


@dataclass(frozen=True)
class NewKey:
    credential_id: bytes
    public_key: bytes
    count: int


@dataclass(frozen=True)
class Use:
    """A key was used; `count` is how often, says the key, or 0 of one that does not count."""

    count: int


def site_of(request: Any) -> KeySite:
    """By the setting `url`, where there is one: the request's host is what whoever asks has
    written."""
    address: str | None = request.settings.url
    if address is None:
        return KeySite(request.domain.lower(), request.host_url.lower())
    return KeySite(urlsplit(address).hostname or "", address.lower())


def ask_for_new(site: KeySite, *, user_id: int, user_name: str, known: Sequence[bytes]) -> Question:
    """Asks for a key that is none of the known ones (by their credential ids)."""
    options = webauthn.generate_registration_options(
        rp_id=site.domain,
        rp_name=site.domain,
        user_id=str(user_id).encode(),
        user_name=user_name,
        timeout=TIMEOUT * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_describe(known),
    )
    return Question(webauthn.options_to_json(options), options.challenge)


def read_new(answer: str, *, challenge: bytes, site: KeySite) -> NewKey:
    """The key that was made for a challenge of this site; raises KeyRefused."""
    try:
        found: VerifiedRegistration = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
        )
    except Exception as error:  # whatever the readers of JSON, CBOR and ASN.1 make of nonsense
        raise KeyRefused(_MALFORMED) from error
    if len(found.credential_id) > MAX_ID:
        raise KeyRefused(_MALFORMED)
    return NewKey(found.credential_id, found.credential_public_key, found.sign_count)


def ask_for_use(site: KeySite, *, known: Sequence[bytes] = ()) -> Question:
    """Asks for one of the known keys; or, where none is named, for any passkey of this site, which
    is to recognise its owner itself."""
    options = webauthn.generate_authentication_options(
        rp_id=site.domain,
        timeout=TIMEOUT * 1000,
        allow_credentials=_describe(known),
        user_verification=(
            UserVerificationRequirement.PREFERRED if known else UserVerificationRequirement.REQUIRED
        ),
    )
    return Question(webauthn.options_to_json(options), options.challenge)


def read_id(answer: str) -> bytes:
    """The id of the key that says it answers, of which nothing is proved yet; raises KeyRefused."""
    try:
        return parse_authentication_credential_json(answer).raw_id
    except Exception as error:  # as above
        raise KeyRefused(_MALFORMED) from error


def read_use(
    answer: str, *, public_key: bytes, challenge: bytes, site: KeySite, must_verify: bool = False
) -> Use:
    """That a key was used for a challenge of this site, by somebody whom it has recognised where it
    `must_verify`; raises KeyRefused. Whether its count goes on is for the caller to say."""
    try:
        found: VerifiedAuthentication = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=must_verify,
        )
    except Exception as error:  # as above
        raise KeyRefused("The key did not show that it is yours. Try again.") from error
    return Use(found.new_sign_count)


def _describe(ids: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=each) for each in ids]
