"""Showing a second factor: after the password, or again before a step that matters."""

from dataclasses import dataclass
from typing import Any

from pypi_web.accounts import factor_keys, factors, people
from pypi_web.data import User
from pypi_web.security import limits, sessions
from pypi_web.security.webauthn_keys import KeyRefused

ACT = "second factor"

WRONG_CODE = (
    "That code is wrong, or was used before. Wait for the next one, and see that your telephone's"
    " clock is right."
)

WRONG_RECOVERY_CODE = "That recovery code is wrong, or was used before: each is good once."

LOST_APPS = (
    "This index has another secret now, so that no code is right of applications that were added"
    " before. Use a key or a recovery code; then remove the application, and add it again."
)


class NotShown(Exception):
    """A second factor was not shown; the message is for whoever tried."""


@dataclass(frozen=True)
class Person:
    """Whose second factor is asked for."""

    id: int
    name: str


def find_waiting(request: Any) -> Person | None:
    """Whose password was right at this session, and who has still to show a second factor.

    No transaction is open afterwards, so that attempts can be counted in one of their own.
    """
    unfinished = sessions.find_unfinished(request)
    if unfinished is None or not factors.has_factor(request.db, unfinished.user_id):
        return None
    user = request.db.get_one(User, unfinished.user_id)
    person = Person(user.id, user.name)
    request.let_database_go()
    return person


def signed_in(request: Any) -> Person:
    return Person(request.identity.user_id, request.identity.user_name)


def what_to_ask(request: Any, person: Person, act: str) -> dict[str, Any]:
    """For a page that asks: whether there is any factor, an application among them that is good for
    something, what is said of those that are not, and what a key is asked (as JSON) for an act of
    `factor_keys`."""
    good, lost = factors.find_apps(request, person.id)
    return {
        "has_factor": factors.has_factor(request.db, person.id),
        "has_app": bool(good),
        "lost_apps": LOST_APPS if lost else None,
        "options": factor_keys.ask_for_use(request, person.id, act),
    }


def show_code(request: Any, person: Person, code: str) -> None:
    """Has the person show a code, which is noted. Raises NotShown, and HTTPTooManyRequests."""
    limits.enforce(request, ACT, account=person.name)
    _hold(request, person)
    used = factors.use_code(request, person.id, code)
    if used is None:
        raise _refuse(request, person, _why_wrong(request, person, code))
    _accept(request, person, used)


def prove_by_code(request: Any, code: str) -> None:
    """Has somebody who is signed in show a code, as their proof of being there. Raises as
    `show_code`; call it before `request.db` is asked for anything."""
    show_code(request, signed_in(request), code)
    sessions.prove(request)


def show_key(request: Any, person: Person, answer: str, act: str) -> None:
    """Has the person show a key, for what `what_to_ask` asked. Raises as `show_code`."""
    limits.enforce(request, ACT, account=person.name)
    _hold(request, person)
    try:
        used = factor_keys.use_key(request, person.id, act, answer)
    except KeyRefused as error:
        raise _refuse(request, person, str(error)) from error
    _accept(request, person, used)


def _hold(request: Any, person: Person) -> None:
    """So that a password which changes at this moment ends the session that begins, or keeps it
    from beginning."""
    if people.get_locked(request.db, person.id) is None:
        raise NotShown("There is no such account any more.")


def _why_wrong(request: Any, person: Person, code: str) -> str:
    """Where no code of an application can be right, the next one will not be either."""
    if not factors.is_of_app(code):
        return WRONG_RECOVERY_CODE
    good, lost = factors.find_apps(request, person.id)
    return LOST_APPS if lost and not good else WRONG_CODE


def _accept(request: Any, person: Person, used: str) -> None:
    factors.note_for(request, person, ACT, subject=used)
    engine = request.registry["engine"]

    def forget(has_committed: bool) -> None:
        if has_committed:
            limits.forget(engine, ACT, account=person.name)

    request.tm.get().addAfterCommitHook(forget)


def _refuse(request: Any, person: Person, reason: str) -> NotShown:
    """Noted in the request's own transaction, which commits: whoever tried gets a page."""
    factors.note_for(request, person, ACT, is_refused=True, reason=reason)
    return NotShown(reason)
