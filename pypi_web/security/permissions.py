"""The one table of who may do what."""

from enum import StrEnum

from pypi_web.data import RoleName
from pypi_web.security.identity import Identity


class Permission(StrEnum):
    READ = "read"
    """Browse the site, see the index, download files."""
    SEE_MIRROR = "see mirror"
    """See what is mirrored, and which names are reserved: those are what a stranger would take
    upstream, so that not everyone sees them who may read."""
    MANAGE_ACCOUNT = "manage account"
    """See one's own account page; make and revoke tokens."""
    SIGN_IN_TO_PUBLISH = "sign in to publish"
    """Send a file at all; whether it is taken is for the project to say."""
    CREATE_PROJECT = "create project"
    PUBLISH = "publish"
    """Add a file to a project."""


class Who(StrEnum):
    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    IN_PERSON = "signed in at a browser"
    BY_TOKEN = "signed in by a token"  # noqa: S105 (no password)
    BY_FREE_TOKEN = "signed in by a token that is good for all projects"  # noqa: S105
    OWNER = "owner of the project"
    MAINTAINER = "maintainer of the project"
    ADMINISTRATOR = "administrator"


MAY = {
    Permission.READ: {Who.SIGNED_IN},  # and ANYONE, where anonymous_read is set
    Permission.SEE_MIRROR: {Who.SIGNED_IN},
    Permission.MANAGE_ACCOUNT: {Who.IN_PERSON},
    Permission.SIGN_IN_TO_PUBLISH: {Who.BY_TOKEN},
    Permission.CREATE_PROJECT: {Who.BY_FREE_TOKEN},
    Permission.PUBLISH: {Who.OWNER, Who.MAINTAINER, Who.ADMINISTRATOR},
}


def may(permission: Permission, identity: Identity | None, *, anonymous_read: bool = False) -> bool:
    """Whether somebody may do what concerns no single project."""
    allowed = MAY[permission]
    if permission is Permission.READ and anonymous_read:
        allowed = allowed | {Who.ANYONE}
    return bool(allowed & _everywhere(identity))


def may_publish(identity: Identity, project_id: int, role: RoleName | None) -> bool:
    """Whether somebody with a role in a project (None: with none) may add files to it, within what
    their token is for."""
    token = identity.token
    if token is None or token.project_id not in (None, project_id):
        return False
    who = _everywhere(identity)
    if role is not None:
        who.add(Who[role.name])
    return bool(MAY[Permission.PUBLISH] & who)


def _everywhere(identity: Identity | None) -> set[Who]:
    who = {Who.ANYONE}
    if identity is not None:
        who.add(Who.SIGNED_IN)
        if identity.token is None:
            who.add(Who.IN_PERSON)
        else:
            who.add(Who.BY_TOKEN)
            if identity.token.project_id is None:
                who.add(Who.BY_FREE_TOKEN)
        if identity.is_admin:
            who.add(Who.ADMINISTRATOR)
    return who
