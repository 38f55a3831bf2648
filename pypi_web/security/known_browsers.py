"""Browsers in which somebody has logged in before, by a cookie that stays when they log out.

Strangers who use up an account's attempts to log in do not keep its owner out, who comes by such a
browser. The cookie logs nobody in: it names the account, and is good until the password changes.
"""

from datetime import timedelta
from typing import Any

from pypi_web.data import User
from pypi_web.security import links
from pypi_web.security.links import Claim, fingerprint

ACT = "log in at a known browser"
"""What such attempts are counted as: they have limits too."""

PURPOSE = "known browser"
LIFETIME = timedelta(days=365)

_COOKIE = "pypi_web_known"


def remember(request: Any, user_id: int) -> None:
    """Gives the browser of the request a cookie with the answer, for the password as it is now."""
    user = request.db.get_one(User, user_id)
    claim = Claim(user.id, "", fingerprint(user.password_hash))
    key = links.sign(request.settings.signing_key, PURPOSE, claim, lifetime=LIFETIME)

    def give(request: Any, response: Any) -> None:
        response.set_cookie(
            _COOKIE,
            key,
            max_age=LIFETIME,
            path=request.route_path("accounts.login"),
            secure=request.scheme == "https",
            httponly=True,
            samesite="Lax",
        )

    request.add_response_callback(give)


def knows(request: Any, user_id: int, password_hash: str) -> bool:
    """Whether a person logged in at the browser of the request, by the password that they have."""
    claim = links.read(request.settings.signing_key, PURPOSE, request.cookies.get(_COOKIE, ""))
    return claim == Claim(user_id, "", fingerprint(password_hash))
