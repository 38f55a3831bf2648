"""Whether somebody who is signed in knows the password, within the limits of guessing."""

from typing import Any

from pypi_web.accounts import people
from pypi_web.security import limits, sessions
from pypi_web.security.auditing import record_refusal

WRONG = "That is not your password."

ACT = "show who it is"


def prove_by_password(request: Any, password: str, *, act: str) -> bool:
    """Whether it is the password of the person of the request; if so, that is noted as their proof
    of being there. A wrong one is noted as the refusal of `act`.

    Raises HTTPTooManyRequests. Call it before `request.db` is asked for anything: it takes its
    time, in which nobody else shall wait.
    """
    name = request.identity.user_name
    limits.enforce(request, "log in", account=name)
    with request.reading() as db:
        known = people.find_known(db, name)
    if not people.is_password_of(known, password):
        record_refusal(request, act, "The password was wrong.")
        return False
    limits.forget(request.registry["engine"], "log in", account=name)
    sessions.prove(request)
    return True
