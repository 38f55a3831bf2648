"""Whether somebody who is signed in knows the password, within the limits of guessing."""

from typing import Any

from pypi_web.accounts import people
from pypi_web.security import limits
from pypi_web.security.auditing import record_refusal

WRONG = "That is not your password."

ACT = "show who it is"


def is_own_password(request: Any, password: str, *, act: str) -> bool:
    """Whether it is the password of the person of the request; a wrong one is noted as the refusal
    of `act`. It proves nothing for those who have a second factor.

    Raises HTTPTooManyRequests. Call it before `request.db` is asked for anything: it takes its
    time, in which nobody else shall wait.
    """
    name = request.identity.user_name
    limits.enforce(request, ACT, account=name)
    with request.reading() as db:
        known = people.find_known(db, name)
    if not people.is_password_of(known, password):
        record_refusal(request, act, "The password was wrong.")
        return False
    limits.forget(request.registry["engine"], ACT, account=name)
    return True
