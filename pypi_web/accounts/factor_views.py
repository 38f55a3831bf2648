"""/account/factors: the second factors of whoever is signed in."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from pypi_web.accounts import factor_keys, factors
from pypi_web.accounts.factors import FactorRefused
from pypi_web.data import SecondFactor, User
from pypi_web.security import sessions, totp
from pypi_web.security.permissions import Permission
from pypi_web.security.proof import require_recent_proof
from pypi_web.security.webauthn_keys import KeyRefused


@view_config(
    route_name="accounts.factors",
    request_method="GET",
    renderer="templates/factors.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def factors_page(request: Any) -> dict[str, Any]:
    return _factors(request)


@view_config(
    route_name="accounts.add_app",
    request_method="GET",
    renderer="templates/factor_app.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def app_page(request: Any) -> dict[str, Any]:
    require_recent_proof(request)
    return _app(request, totp.make_secret())


@view_config(
    route_name="accounts.add_app",
    request_method="POST",
    renderer="templates/factor_app.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def add_app(request: Any) -> Any:
    require_recent_proof(request)
    sealed, name = _sealed(request), request.POST.get("name", "")
    person = _person(request)
    try:
        codes = factors.add_app(
            request, person, name=name, sealed=sealed, code=request.POST.get("code", "")
        )
    except FactorRefused as error:
        request.response.status = 400
        secret = factors.unseal_secret(request, person.id, sealed) or totp.make_secret()
        return _app(request, secret, name=name, error=error)
    return _added(request, name, codes)


@view_config(
    route_name="accounts.add_key",
    request_method="GET",
    renderer="templates/factor_key.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def key_page(request: Any) -> dict[str, Any]:
    require_recent_proof(request)
    return _key(request)


@view_config(
    route_name="accounts.add_key",
    request_method="POST",
    renderer="templates/factor_key.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def add_key(request: Any) -> Any:
    require_recent_proof(request)
    name, answer = request.POST.get("name", ""), request.POST.get("answer", "")
    try:
        codes = factor_keys.add_key(request, _person(request), name=name, answer=answer)
    except FactorRefused as error:
        request.response.status = 400
        return _key(request, name=name, error=error)
    except KeyRefused as error:
        request.response.status = 400
        return _key(request, name=name, error=FactorRefused("", str(error)))
    return _added(request, name, codes)


@view_config(
    route_name="accounts.rename_factor",
    request_method="POST",
    renderer="templates/factors.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def rename(request: Any) -> Any:
    factor = _factor(request)
    try:
        factors.rename(request, _person(request), factor, request.POST.get("name", ""))
    except FactorRefused as error:
        request.response.status = 400
        return _factors(request, error=error)
    sessions.tell(request, "It has its new name.")
    return HTTPSeeOther(request.route_url("accounts.factors"))


@view_config(
    route_name="accounts.remove_factor",
    request_method="GET",
    renderer="templates/factor_remove.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def remove_page(request: Any) -> dict[str, Any]:
    require_recent_proof(request)
    factor = _factor(request)
    is_last = len(factors.list_factors(request.db, factor.user_id)) == 1
    return {"factor": factor, "is_last": is_last, "is_required": _is_required(request)}


@view_config(
    route_name="accounts.remove_factor",
    request_method="POST",
    permission=Permission.MANAGE_ACCOUNT,
)
def remove(request: Any) -> HTTPSeeOther:
    require_recent_proof(request)
    factor = _factor(request)
    name = factor.name
    factors.remove(request, _person(request), factor)
    sessions.tell(request, f"{name} is removed.")
    return HTTPSeeOther(request.route_url("accounts.factors"))


@view_config(
    route_name="accounts.recovery_codes",
    request_method="GET",
    renderer="templates/factor_new_codes.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def new_codes_page(request: Any) -> dict[str, Any]:
    require_recent_proof(request)
    if not factors.has_factor(request.db, request.identity.user_id):
        raise HTTPNotFound("Recovery codes stand in for a second factor: add one first.")
    return {"left": factors.count_codes(request.db, request.identity.user_id)}


@view_config(
    route_name="accounts.recovery_codes",
    request_method="POST",
    renderer="templates/factor_codes.jinja2",
    permission=Permission.MANAGE_ACCOUNT,
)
def new_codes(request: Any) -> dict[str, Any]:
    """Answers with the page itself, not with a redirect: the codes are in this answer alone."""
    require_recent_proof(request)
    request.response.cache_control = "no-store"
    try:
        codes = factors.renew_codes(request, _person(request))
    except FactorRefused as error:
        raise HTTPNotFound(error.message) from None
    return {"codes": codes, "added": None}


def _factors(request: Any, **more: Any) -> dict[str, Any]:
    user_id = request.identity.user_id
    return {
        "factors": factors.list_factors(request.db, user_id),
        "lost_apps": factors.find_apps(request, user_id)[1],
        "codes_left": factors.count_codes(request.db, user_id),
        "is_required": _is_required(request),
        "error": None,
        **more,
    }


def _app(
    request: Any, secret: str, *, name: str = "", error: FactorRefused | None = None
) -> dict[str, Any]:
    request.response.cache_control = "no-store"
    person = _person(request)
    address = totp.address(secret, user=person.name, site=request.domain)
    return {
        "picture": totp.draw(address),
        "address": address,
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "sealed": urlsafe_b64encode(factors.seal_secret(request, person, secret)).decode(),
        "name": name,
        "error": error,
    }


def _key(request: Any, *, name: str = "", error: FactorRefused | None = None) -> dict[str, Any]:
    request.response.cache_control = "no-store"
    options = factor_keys.ask_for_new(request, _person(request))
    return {"options": options, "name": name, "error": error}


def _added(request: Any, name: str, codes: list[str]) -> Any:
    if codes:
        request.response.cache_control = "no-store"
        request.override_renderer = "pypi_web.accounts:templates/factor_codes.jinja2"
        return {"codes": codes, "added": name.strip()}
    sessions.tell(request, f"{name.strip()} is added.")
    return HTTPSeeOther(request.route_url("accounts.factors"))


def _factor(request: Any) -> SecondFactor:
    factor_id = int(request.matchdict["id"])
    factor = factors.find_factor(request.db, request.identity.user_id, factor_id)
    if factor is None:
        raise HTTPNotFound("You have no such second factor; it may be removed already.")
    return factor


def _sealed(request: Any) -> bytes:
    try:
        return urlsafe_b64decode(request.POST.get("sealed", ""))
    except ValueError:
        return b""


def _is_required(request: Any) -> bool:
    return request.settings.needs_factor(is_admin=_person(request).is_admin)


def _person(request: Any) -> User:
    return request.db.get_one(User, request.identity.user_id)
