"""Dangerous acts ask once more who is there, where that was shown long ago."""

from datetime import timedelta
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from pypi_web import clock
from pypi_web.security import sessions

RECENT = timedelta(minutes=30)

ASK_AGAIN = "This is a step that matters: show once more that it is you. Then send it again."


def require_recent_proof(request: Any, *, back: str | None = None) -> None:
    """Lets somebody on who showed who they are within RECENT, else raises a redirect (303) to where
    it is asked again.

    From there they come `back`, to a path of this site: the page that is asked for, or the account
    page where a form was sent, unless said. A token has nobody behind it who could be asked.
    """
    identity = request.identity
    if identity is None or identity.sign_in is None or is_recent(request):
        return
    is_form = request.method not in ("GET", "HEAD")
    if back is None:
        back = request.route_path("accounts.account") if is_form else request.path_qs
    if is_form:
        sessions.tell(request, ASK_AGAIN)
    raise HTTPSeeOther(request.route_url("accounts.confirm", _query={"next": back}))


def is_recent(request: Any) -> bool:
    """Whether the person at this session showed who they are a short while ago."""
    sign_in = request.identity.sign_in
    return sign_in is not None and sign_in.proved_at >= clock.now() - RECENT


def own_address(request: Any, written: str) -> str:
    """`written` as an address, where it is a path of this site, else the account page: no redirect
    leaves, whatever a link says."""
    is_path = written.startswith("/") and not written.startswith(("//", "/\\"))
    if is_path and written.isascii() and written.isprintable() and "\\" not in written:
        return str(request.host_url) + written
    return str(request.route_url("accounts.account"))
