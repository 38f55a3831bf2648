"""The one table of who may do what, and what is said to those who may not."""

from dataclasses import dataclass
from enum import StrEnum

from pypi_web.data import RoleName
from pypi_web.security.identity import Identity, TokenRight


class Permission(StrEnum):
    # What concerns no single project
    READ = "read"
    """Browse the site, see the index, download files."""
    SEE_MIRROR = "see mirror"
    """See what is mirrored, and which names are reserved: those are what a stranger would take
    upstream, so that not everyone sees them who may read."""
    MANAGE_ACCOUNT = "manage account"
    """See one's own account page; change it, make and revoke tokens."""
    SIGN_IN_TO_PUBLISH = "sign in to publish"
    """Send a file at all; whether it is taken is for the project to say."""
    CREATE_PROJECT = "create project"
    INVITE_PEOPLE = "invite people"
    """Give people of the address of one's choice an account."""

    # What concerns a project
    READ_PROJECT = "read project"
    """See that a private project is there, and have its files; all others are open to READ."""
    PUBLISH = "publish"
    """Add a file to a project."""
    MANAGE_RELEASES = "manage releases"
    """Yank and unyank a release; delete files and releases."""
    ARCHIVE_PROJECT = "archive project"
    """See its settings and its history; say whether it is active, deprecated or archived."""
    MANAGE_PROJECT = "manage project"
    """Its people, who sees it, and its end."""
    LEAVE_PROJECT = "leave project"
    """Give up one's role."""
    QUARANTINE = "quarantine"
    """Take a project out of the index, and let it back."""


class Who(StrEnum):
    SIGNED_IN = "signed in"
    IN_PERSON = "signed in at a browser"
    BY_TOKEN = "signed in by a token"  # noqa: S105 (no password)
    BY_FREE_TOKEN = "signed in by a token that is good for all projects"  # noqa: S105
    OWNER = "owner of the project"
    MAINTAINER = "maintainer of the project"
    MEMBER = "member of the project"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Rule:
    """Those who may, what a token has to be for (None: anything), and what is said to others.
    What is `in_person_only` no token does, whatever it is for: what one that leaked gave away would
    not come back when it is revoked."""

    who: frozenset[Who]
    refusal: str
    right: TokenRight | None = None
    in_person_only: bool = False


def _rule(
    *who: Who, refusal: str, right: TokenRight | None = None, in_person_only: bool = False
) -> Rule:
    return Rule(frozenset(who), refusal, right, in_person_only)


_SIGN_IN = "This is for those who are signed in."
_OWNERS = "Owners of the project, and administrators, manage it."
_PEOPLE = (Who.OWNER, Who.MAINTAINER, Who.ADMINISTRATOR)

RULES = {
    # and anyone, where anonymous_read is set
    Permission.READ: _rule(Who.SIGNED_IN, refusal=_SIGN_IN, right=TokenRight.READ),
    Permission.SEE_MIRROR: _rule(Who.SIGNED_IN, refusal=_SIGN_IN, right=TokenRight.READ),
    Permission.MANAGE_ACCOUNT: _rule(
        Who.IN_PERSON, refusal="People manage their accounts at a browser, signed in."
    ),
    Permission.SIGN_IN_TO_PUBLISH: _rule(
        Who.BY_TOKEN, refusal="Files are published with a token.", right=TokenRight.PUBLISH
    ),
    Permission.CREATE_PROJECT: _rule(
        Who.BY_FREE_TOKEN,
        refusal="A new project is published with a token that is good for all projects.",
        right=TokenRight.PUBLISH,
    ),
    Permission.INVITE_PEOPLE: _rule(
        Who.ADMINISTRATOR, refusal="Administrators alone invite people to have an account."
    ),
    Permission.READ_PROJECT: _rule(
        *_PEOPLE,
        Who.MEMBER,
        refusal="The project is private: its people alone see it.",
        right=TokenRight.READ,
    ),
    Permission.PUBLISH: _rule(
        *_PEOPLE,
        refusal="they have no role there that publishes. Ask one of the project's owners for one.",
        right=TokenRight.PUBLISH,
    ),
    Permission.MANAGE_RELEASES: _rule(
        *_PEOPLE,
        refusal="Owners and maintainers of the project, and administrators, manage its releases.",
        right=TokenRight.MANAGE,
    ),
    Permission.ARCHIVE_PROJECT: _rule(
        Who.OWNER, Who.ADMINISTRATOR, refusal=_OWNERS, right=TokenRight.MANAGE
    ),
    Permission.MANAGE_PROJECT: _rule(
        Who.OWNER, Who.ADMINISTRATOR, refusal=_OWNERS, in_person_only=True
    ),
    Permission.LEAVE_PROJECT: _rule(
        Who.OWNER,
        Who.MAINTAINER,
        Who.MEMBER,
        refusal="You have no role in this project that you could give up.",
        in_person_only=True,
    ),
    Permission.QUARANTINE: _rule(
        Who.ADMINISTRATOR,
        refusal="Administrators alone quarantine projects, and release them.",
        right=TokenRight.MANAGE,
    ),
}

OF_A_PROJECT = frozenset(
    {
        Permission.READ_PROJECT,
        Permission.PUBLISH,
        Permission.MANAGE_RELEASES,
        Permission.ARCHIVE_PROJECT,
        Permission.MANAGE_PROJECT,
        Permission.LEAVE_PROJECT,
        Permission.QUARANTINE,
    }
)

WITHOUT_FACTOR = frozenset(
    {
        Permission.READ,
        Permission.SEE_MIRROR,
        Permission.READ_PROJECT,
        Permission.MANAGE_ACCOUNT,
    }
)
"""What those may do who lack the second factor that is asked of them: add it, above all."""

LACKS_FACTOR = "A second factor is required for this: add one on your account page."
IN_PERSON_ONLY = "No token does this, whatever it is for: sign in at a browser."


@dataclass(frozen=True)
class Standing:
    """How somebody stands to a project."""

    project_id: int
    role: RoleName | None
    is_private: bool = False


@dataclass(frozen=True)
class Decision:
    """`reason` is the rule that refused, a sentence for those who may know."""

    is_allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.is_allowed


ALLOWED = Decision(True)


def decide(
    permission: Permission,
    identity: Identity | None,
    standing: Standing | None = None,
    *,
    anonymous_read: bool = False,
) -> Decision:
    """Whether somebody may do something, to the project of `standing` where it concerns one."""
    assert (standing is not None) == (permission in OF_A_PROJECT), permission
    if permission is Permission.READ_PROJECT and standing and not standing.is_private:
        return decide(Permission.READ, identity, anonymous_read=anonymous_read)
    if permission is Permission.READ and anonymous_read:
        return ALLOWED
    rule = RULES[permission]
    if identity is not None and identity.lacks_factor and permission not in WITHOUT_FACTOR:
        return Decision(False, LACKS_FACTOR)
    if not rule.who & _who(identity, standing):
        return Decision(False, rule.refusal)
    token = identity.token if identity else None
    if token is None and permission is Permission.PUBLISH:
        return Decision(False, RULES[Permission.SIGN_IN_TO_PUBLISH].refusal)
    if token is not None and rule.in_person_only:
        return Decision(False, IN_PERSON_ONLY)
    if token is None or rule.right is None:
        return ALLOWED
    if rule.right not in token.rights:
        return Decision(False, f"This token may not {rule.right}: make one that may.")
    if standing is not None and not token.covers(standing.project_id):
        return Decision(False, "it is for another project. Use one that is for this one or all.")
    return ALLOWED


def _who(identity: Identity | None, standing: Standing | None) -> set[Who]:
    who = set[Who]()
    if identity is None:
        return who
    who.add(Who.SIGNED_IN)
    if identity.token is None:
        who.add(Who.IN_PERSON)
    else:
        who.add(Who.BY_TOKEN)
        if identity.token.projects is None:
            who.add(Who.BY_FREE_TOKEN)
    if identity.is_admin:
        who.add(Who.ADMINISTRATOR)
    if standing is not None and standing.role is not None:
        who.add(Who[standing.role.name])
    return who
