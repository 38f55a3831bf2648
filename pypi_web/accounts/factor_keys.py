"""Security keys and passkeys of people: asking for one, and what its answer is good for."""

from typing import Any

from sqlalchemy import select

from pypi_web.accounts import factors, people
from pypi_web.data import FactorKind, SecondFactor, User
from pypi_web.security import challenges, webauthn_keys
from pypi_web.security.webauthn_keys import KeyRefused, Question

ADD = "add a key"
FINISH = "finish logging in"
CONFIRM = "confirm"
PASSKEY = "log in by passkey"

_LATE = "This page was open for too long, or was used already. Try again."


def ask_for_new(request: Any, user: User) -> str:
    """What a browser is asked so that it makes a key, as JSON."""
    question = webauthn_keys.ask_for_new(
        webauthn_keys.site_of(request),
        user_id=user.id,
        user_name=user.name,
        known=_list_ids(request, user.id),
    )
    return _keep(request, ADD, question)


def add_key(request: Any, user: User, *, name: str, answer: str) -> list[str]:
    """Adds the key that a browser answers with; gives recovery codes where it is the first factor.

    Raises FactorRefused and KeyRefused.
    """
    challenge = _take(request, ADD)
    name = factors.check_name(name)
    key = webauthn_keys.read_new(answer, challenge=challenge, site=webauthn_keys.site_of(request))
    return factors.add(
        request,
        user,
        kind=FactorKind.KEY,
        name=name,
        secret=key.public_key,
        credential_id=key.credential_id,
        counter=key.count,
    )


def ask_for_use(request: Any, user_id: int, act: str) -> str | None:
    """What a browser is asked so that somebody shows one of their keys, as JSON; None of those who
    have none. `act` is FINISH or CONFIRM."""
    known = _list_ids(request, user_id)
    if not known:
        return None
    site = webauthn_keys.site_of(request)
    return _keep(request, act, webauthn_keys.ask_for_use(site, known=known))


def use_key(request: Any, user_id: int, act: str, answer: str) -> str:
    """The name of the person's key that was shown; raises KeyRefused."""
    challenge = _take(request, act)
    key = _find(request, answer)
    if key is None or key.user_id != user_id:
        raise KeyRefused("This key is none of yours here. Try another.")
    return _use(request, key, answer, challenge)


def ask_for_passkey(request: Any) -> str:
    """What a browser is asked of whoever sits there, as JSON."""
    return _keep(request, PASSKEY, webauthn_keys.ask_for_use(webauthn_keys.site_of(request)))


def find_by_passkey(request: Any, answer: str) -> Any:
    """The factor of whoever has shown a passkey, which has recognised them: two factors in one.

    Raises KeyRefused.
    """
    challenge = _take(request, PASSKEY)
    key = _find(request, answer)
    if key is None:
        raise KeyRefused("Nobody has this passkey here. It may have been removed.")
    people.get_locked(request.db, key.user_id)
    _use(request, key, answer, challenge, must_verify=True)
    return key


def _use(
    request: Any, key: Any, answer: str, challenge: bytes, *, must_verify: bool = False
) -> str:
    use = webauthn_keys.read_use(
        answer,
        public_key=key.secret,
        challenge=challenge,
        site=webauthn_keys.site_of(request),
        must_verify=must_verify,
    )
    # A key that does not count says 0 each time.
    goes_on = SecondFactor.counter < use.count if use.count else SecondFactor.counter == 0
    if not factors.use_up(request.db, key.id, use.count, goes_on):
        raise KeyRefused(
            "The key counts fewer uses than it did before, so that there may be a copy of it. Use"
            " another factor, and remove this one."
        )
    return str(key.name)


def _find(request: Any, answer: str) -> Any:
    query = select(
        SecondFactor.id, SecondFactor.user_id, SecondFactor.name, SecondFactor.secret
    ).where(SecondFactor.credential_id == webauthn_keys.read_id(answer))
    return request.db.execute(query).one_or_none()


def _list_ids(request: Any, user_id: int) -> list[bytes]:
    all_ = factors.list_factors(request.db, user_id)
    return [each.credential_id for each in all_ if each.kind is FactorKind.KEY]


def _keep(request: Any, act: str, question: Question) -> str:
    challenges.keep(request, act, question.challenge)
    return question.options


def _take(request: Any, act: str) -> bytes:
    challenge = challenges.take(request, act)
    if challenge is None:
        raise KeyRefused(_LATE)
    return challenge
