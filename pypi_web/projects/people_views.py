"""The people of a project: who they are, inviting others, answering an invitation, leaving."""

from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from sqlalchemy import select

from pypi_web.data import RoleName, User
from pypi_web.data.base import read_id
from pypi_web.letters import address_of
from pypi_web.projects import role_changes, roles
from pypi_web.projects.carrying_out import answer, carry_out, managing_view, show, to
from pypi_web.projects.deeds import Actor, DeedRefused, Done, NotThere
from pypi_web.projects.managed import Managed, actor_of, check_is_meant
from pypi_web.projects.roles import Offer
from pypi_web.security import limits, sessions
from pypi_web.security.links import Claim
from pypi_web.security.proof import require_recent_proof
from pypi_web.standards import names


@managing_view(
    route_name="projects.manage_people",
    request_method="GET",
    renderer="templates/manage_people.jinja2",
)
def people_page(project: Managed, request: Any) -> dict[str, Any]:
    return _people(project, request)


@managing_view(
    route_name="projects.invite",
    request_method="POST",
    renderer="templates/manage_people.jinja2",
)
def invite(project: Managed, request: Any) -> Any:
    """Where no letters are sent it answers with the page: the link is in this answer alone."""
    who, role = request.POST.get("who", ""), _role(request)
    _prove_for_owner(project, request, role)
    limits.enforce(request, "invite", account=request.identity.user_name)

    def link(key: str) -> str:
        name = project.normalized_name
        return address_of(request, "projects.invitation", name=name, _query={"key": key})

    def new_account(claim: Claim) -> str:
        key = roles.sign_address(request.settings.signing_key, claim)
        return address_of(request, "accounts.new_account", _query={"key": key})

    def do(actor: Actor) -> Done:
        if role is None:
            raise DeedRefused("who", "Choose what they are to be.")
        return roles.invite(
            request.db,
            project.id,
            who=who,
            role=role,
            actor=actor,
            link=link,
            new_account=None if request.settings.registration == "closed" else new_account,
        )

    try:
        done = carry_out(request, project, "invite to project", do)
    except DeedRefused as error:
        return _people(project, request, error=error, who=who, role=role)
    if not request.registry["post"].is_open and "@" in who and done.key is not None:
        request.response.cache_control = "no-store"
        return _people(project, request, link=link(done.key))
    return to(request, "projects.manage_people", project)


@managing_view(
    route_name="projects.withdraw_invitation",
    request_method="POST",
    renderer="templates/manage_people.jinja2",
)
def withdraw(project: Managed, request: Any) -> Any:
    number = read_id(request.POST.get("invitation", ""))

    def do(actor: Actor) -> Done:
        if not number:
            raise DeedRefused("invitation", "Say which invitation.")
        return roles.withdraw(request.db, project.id, number, actor=actor)

    page = partial(_people, project, request)
    then = to(request, "projects.manage_people", project)
    return answer(request, project, "withdraw invitation", do, page=page, then=then)


@managing_view(
    route_name="projects.change_role",
    request_method="POST",
    renderer="templates/manage_people.jinja2",
)
def change_role(project: Managed, request: Any) -> Any:
    who, role = request.POST.get("user", ""), _role(request)
    _prove_for_owner(project, request, role, of=who)

    def do(actor: Actor) -> Done:
        if not who or role is None:
            raise DeedRefused("user", "Say who, and what they are to be.")
        return role_changes.change(request.db, project.id, who, role, actor=actor)

    page = partial(_people, project, request)
    then = _to_people(project, request, who)
    return answer(request, project, "change role", do, page=page, then=then)


@managing_view(
    route_name="projects.remove_role",
    request_method="POST",
    renderer="templates/manage_people.jinja2",
)
def remove_role(project: Managed, request: Any) -> Any:
    who = request.POST.get("user", "")
    _prove_for_owner(project, request, None, of=who)

    def do(actor: Actor) -> Done:
        if not who:
            raise DeedRefused("user", "Say who is to be removed.")
        return role_changes.remove(request.db, project.id, who, actor=actor)

    page = partial(_people, project, request)
    then = _to_people(project, request, who)
    return answer(request, project, "remove role", do, page=page, then=then)


@managing_view(
    route_name="projects.leave",
    request_method="GET",
    renderer="templates/manage_leave.jinja2",
)
def leave_page(project: Managed, _request: Any) -> dict[str, Any]:
    return show(project)


@managing_view(
    route_name="projects.leave",
    request_method="POST",
    renderer="templates/manage_leave.jinja2",
)
def leave(project: Managed, request: Any) -> Any:
    if project.role is RoleName.OWNER:
        require_recent_proof(request, back=request.path)

    def do(actor: Actor) -> Done:
        return role_changes.remove(request.db, project.id, project.identity.user_name, actor=actor)

    page = partial(show, project)
    then = HTTPSeeOther(request.route_url("accounts.account"))
    return answer(request, project, "leave project", do, page=page, then=then)


def find_offer(request: Any) -> Offer:
    """The route's context: the invitation that somebody at a browser may answer. Whether there is
    such a project is told to nobody else."""
    check_is_meant(request)
    identity = request.identity
    if identity is None:
        raise HTTPForbidden
    if not identity.is_in_person:
        raise HTTPForbidden("People answer invitations at a browser, signed in.")
    name = request.matchdict["name"]
    found = None
    if names.is_valid(name):
        with request.reading() as db:
            query: Any = select(User.id, User.name, User.email, User.email_confirmed_at)
            user = db.execute(query.where(User.id == identity.user_id)).one()
            key = request.params.get("key", "")
            found = roles.find_offer(db, names.normalize(name), user, key=key)
    if found is None:
        raise HTTPNotFound(roles.NO_INVITATION)
    return found


@managing_view(
    route_name="projects.invitation",
    request_method="GET",
    renderer="templates/manage_invitation.jinja2",
)
def invitation_page(offer: Offer, request: Any) -> dict[str, Any]:
    """Accepts nothing by itself: programs that look at letters follow their links."""
    return {"offer": offer, "key": request.GET.get("key", "")}


@managing_view(route_name="projects.accept_invitation", request_method="POST")
def accept(offer: Offer, request: Any) -> HTTPSeeOther:
    _answer(offer, request, roles.accept)
    is_reader = offer.role is RoleName.MEMBER or request.identity.lacks_factor
    page = "projects.project" if is_reader else "projects.manage"
    return HTTPSeeOther(request.route_url(page, name=offer.normalized_name))


@managing_view(route_name="projects.decline_invitation", request_method="POST")
def decline(offer: Offer, request: Any) -> HTTPSeeOther:
    _answer(offer, request, roles.decline)
    return HTTPSeeOther(request.route_url("accounts.account"))


def _answer(offer: Offer, request: Any, do: Any) -> None:
    user = request.db.get_one(User, request.identity.user_id)
    key = request.POST.get("key", "")
    try:
        done = do(request.db, offer.normalized_name, user, key=key, actor=actor_of(request))
    except NotThere as error:
        raise HTTPNotFound(str(error)) from None
    for letter in done.letters:
        request.registry["post"].send_after_commit(request, letter)
    sessions.tell(request, done.sentence)


def _prove_for_owner(
    project: Managed, request: Any, role: RoleName | None, *, of: str | None = None
) -> None:
    """Whoever makes somebody an owner, or takes the role `of` an owner away, shows once more who
    they are."""
    had = None
    if of is not None:
        with request.reading() as db:
            had = role_changes.role_of(db, project.id, of)
    if role is not had and RoleName.OWNER in (role, had):
        back = request.route_path("projects.manage_people", name=project.normalized_name)
        require_recent_proof(request, back=back)


def _to_people(project: Managed, request: Any, who: str) -> HTTPSeeOther:
    """Back to the people, unless one's own role was it."""
    if who.strip().lower() == request.identity.user_name and not request.identity.is_admin:
        return HTTPSeeOther(request.route_url("accounts.account"))
    return to(request, "projects.manage_people", project)


def _role(request: Any) -> RoleName | None:
    return next((each for each in RoleName if each == request.POST.get("role")), None)


def _people(project: Managed, request: Any, **more: Any) -> dict[str, Any]:
    return show(
        project,
        **{
            "tab": "people",
            "people": roles.list_people(request.db, project.id),
            "invited": roles.list_invited(request.db, project.id),
            "roles": tuple(RoleName),
            "sends_letters": request.registry["post"].is_open,
            "who": "",
            "role": RoleName.MAINTAINER,
            "link": None,
            **more,
        },
    )
