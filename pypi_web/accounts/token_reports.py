"""Tokens that somebody has found where none belongs: what is reported, and what becomes of it."""

import json
from itertools import groupby
from operator import attrgetter
from typing import Any

from pypi_web.accounts import token_letters, tokens
from pypi_web.accounts.tokens import Revoked
from pypi_web.data import User
from pypi_web.security.auditing import record
from pypi_web.security.tokens import digests_of

MAX_TOKENS = 100
"""How many tokens one report may name."""

WHAT_TO_SEND = (
    'Send what you have found as JSON, {"tokens": ["pypiweb-…"]}, or as a form with the field'
    f" token, up to {MAX_TOKENS} at once."
)


class ReportRefused(Exception):
    """A report names no token, or too many; the message says what to send."""


def read_json(body: bytes) -> list[str]:
    """The tokens in `{"tokens": […]}`, or in a list, each a text or an object with a `token`.

    Raises ReportRefused.
    """
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise ReportRefused(f"That is no JSON. {WHAT_TO_SEND}") from None
    if isinstance(sent, dict):
        sent = sent.get("tokens", [sent])
    if not isinstance(sent, list):
        raise ReportRefused(WHAT_TO_SEND)
    named = [each.get("token") if isinstance(each, dict) else each for each in sent]
    texts = [each for each in named if isinstance(each, str)]
    if len(texts) < len(named):
        raise ReportRefused(WHAT_TO_SEND)
    return read_texts(texts)


def read_texts(texts: list[str]) -> list[str]:
    """The tokens in some texts, with white space around and between them.

    Raises ReportRefused.
    """
    found = [token for text in texts for token in text.split()]
    if not 1 <= len(found) <= MAX_TOKENS:
        raise ReportRefused(WHAT_TO_SEND)
    return found


def revoke_reported(request: Any, texts: list[str]) -> None:
    """Revokes those of the tokens that are known here, and tells whose they were."""
    revoked = tokens.revoke_by_digests(request.db, digests_of(texts))
    whose = attrgetter("user_id")
    for user_id, theirs in groupby(sorted(revoked, key=whose), whose):
        _tell(request, request.db.get_one(User, user_id), list(theirs))


def _tell(request: Any, user: User, revoked: list[Revoked]) -> None:
    for token in revoked:
        record(
            request,
            "revoke reported token",
            user_id=user.id,
            user_name=user.name,
            token_id=None,
            subject=f"{token.name} …{token.hint}",
        )
    token_letters.tell_of_a_report(request, user, revoked)
