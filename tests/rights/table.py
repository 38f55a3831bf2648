"""The table: who gets an answer at each route of the application, and who is refused.

A line is a route, a method (or `ANY`, of a view that takes each), and a rule. Where the route has
an `{id}`, the line says of what; where an empty form would be refused whoever sends it, what is
typed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.rights.personas import EVERYBODY, PEOPLE, wheel_of


@dataclass(frozen=True)
class Rule:
    """Those who are answered: on a site that everyone may read (`open`), on one that is for those
    who are signed in (`closed`), and of a private project, on either (`private`; as of any other
    where it is None)."""

    open: frozenset[str]
    closed: frozenset[str]
    private: frozenset[str] | None = None


@dataclass(frozen=True)
class Line:
    route: str
    method: str
    rule: Rule
    id: str = "thing"
    form: dict[str, str] = field(default_factory=dict)
    send: Callable[[str], dict[str, Any]] | None = None
    """For what is no form: gives webtest's arguments, by the name of the project."""


def _all_alike(*who: str) -> Rule:
    return Rule(frozenset(who), frozenset(who), frozenset(who))


# Tokens with the right to read, of whoever they are.
_READING = {
    "read token",
    "token of this",
    "token of other",
    "member token",
    "stranger token",
    "admin token",
    "bare admin token",
}

READ = Rule(EVERYBODY, PEOPLE | _READING)
READ_PROJECT = Rule(
    EVERYBODY,
    PEOPLE | _READING,
    private=frozenset(
        {"member", "maintainer", "owner", "administrator", "bare admin"}
        | {"read token", "token of this", "member token", "admin token", "bare admin token"}
    ),
)
SIGNED_IN = _all_alike(*PEOPLE, *_READING)
EVERYONE = _all_alike(*EVERYBODY)
IN_PERSON = _all_alike(*PEOPLE)
ADMINISTRATOR = _all_alike("administrator")
WITH_FACTOR = _all_alike("administrator")
"""Whoever has a second factor, which is one of them alone: the one that is asked for."""
PUBLISH = _all_alike("publish token", "token of this", "admin token")
MANAGE_RELEASES = _all_alike(
    "maintainer", "owner", "administrator", "manage token", "token of this", "admin token"
)
ARCHIVE_PROJECT = _all_alike(
    "owner", "administrator", "manage token", "token of this", "admin token"
)
MANAGE_PROJECT = _all_alike("owner", "administrator")
LEAVE_PROJECT = _all_alike("member", "maintainer", "owner")
QUARANTINE = _all_alike("administrator", "admin token")
NOBODY = _all_alike()
BY_LINK = NOBODY
"""For whoever has the link, which nobody here has."""


def _upload(project: str) -> dict[str, Any]:
    wheel = wheel_of(project)
    return {
        "params": wheel.form(),
        "upload_files": [("content", wheel.filename, wheel.content)],
    }


GET, POST, ANY = "GET", "POST", "ANY"

TABLE = (
    # Browsing and installing
    Line("site.home", GET, READ),
    Line("search.results", GET, READ),
    Line("projects.project", GET, READ_PROJECT),
    Line("projects.release", GET, READ_PROJECT),
    # Running a project
    Line("projects.manage", GET, MANAGE_RELEASES),
    Line("projects.manage_release", GET, MANAGE_RELEASES),
    Line("projects.yank", POST, MANAGE_RELEASES),
    Line("projects.unyank", POST, MANAGE_RELEASES),
    Line("projects.delete_release", GET, MANAGE_RELEASES),
    Line("projects.delete_release", POST, MANAGE_RELEASES),
    Line("projects.delete_file", GET, MANAGE_RELEASES),
    Line("projects.delete_file", POST, MANAGE_RELEASES),
    Line("projects.manage_people", GET, MANAGE_PROJECT),
    Line("projects.invite", POST, MANAGE_PROJECT),
    Line("projects.withdraw_invitation", POST, MANAGE_PROJECT),
    Line("projects.change_role", POST, MANAGE_PROJECT),
    Line("projects.remove_role", POST, MANAGE_PROJECT),
    Line("projects.manage_settings", GET, ARCHIVE_PROJECT),
    Line("projects.change_status", POST, ARCHIVE_PROJECT),
    Line("projects.change_visibility", POST, MANAGE_PROJECT),
    Line("projects.delete", GET, MANAGE_PROJECT),
    Line("projects.delete", POST, MANAGE_PROJECT),
    Line("projects.manage_history", GET, ARCHIVE_PROJECT),
    Line("projects.leave", GET, LEAVE_PROJECT),
    Line("projects.leave", POST, LEAVE_PROJECT),
    Line("projects.quarantine", POST, QUARANTINE),
    Line("projects.end_quarantine", POST, QUARANTINE),
    Line("projects.invitation", GET, BY_LINK),
    Line("projects.accept_invitation", POST, BY_LINK),
    Line("projects.decline_invitation", POST, BY_LINK),
    # For installers
    Line("simple.list", GET, READ),
    Line("simple.list_slashless", GET, READ),
    Line("simple.project", GET, READ_PROJECT),
    Line("simple.project_slashless", GET, READ),  # a redirect, whatever the name
    Line("json_api.project", GET, READ_PROJECT),
    Line("json_api.release", GET, READ_PROJECT),
    Line("files.file", GET, READ_PROJECT),
    Line("files.file_for_mirrors", GET, READ_PROJECT),
    Line("mirror.overview", GET, SIGNED_IN),
    # Publishing
    Line("uploads.legacy", POST, PUBLISH, send=_upload),
    Line("uploads.legacy", ANY, EVERYONE),
    Line("uploads.slashless", POST, EVERYONE),
    Line("uploads.published", GET, EVERYONE),
    Line("uploads.audience", ANY, NOBODY),
    Line("uploads.discovery", ANY, NOBODY),
    Line("uploads.mint_token", POST, EVERYONE),
    # Coming in
    Line("accounts.login", GET, EVERYONE),
    Line("accounts.login", POST, EVERYONE),
    Line("accounts.logout", POST, EVERYONE),
    Line("accounts.register", GET, EVERYONE),
    Line("accounts.register", POST, EVERYONE),
    Line("accounts.forgotten", GET, EVERYONE),
    Line("accounts.forgotten", POST, EVERYONE),
    Line("accounts.setup", GET, BY_LINK),
    Line("accounts.setup", POST, BY_LINK),
    Line("accounts.new_account", GET, BY_LINK),
    Line("accounts.new_account", POST, BY_LINK),
    Line("accounts.new_password", GET, BY_LINK),
    Line("accounts.new_password", POST, BY_LINK),
    Line("accounts.confirm_address", GET, BY_LINK),
    Line("accounts.confirm_address", POST, BY_LINK),
    Line("accounts.passkey", GET, EVERYONE),
    Line("accounts.passkey", POST, EVERYONE),
    # For those whose password was right and who have yet to show more: none of these is
    Line("accounts.second_factor", GET, NOBODY),
    Line("accounts.second_factor", POST, NOBODY),
    Line("accounts.second_factor_key", POST, NOBODY),
    # One's own account
    Line("accounts.account", GET, IN_PERSON),
    Line("accounts.confirm", GET, IN_PERSON),
    Line("accounts.confirm", POST, IN_PERSON),
    Line("accounts.password", GET, IN_PERSON),
    Line("accounts.password", POST, IN_PERSON),
    Line("accounts.address", GET, IN_PERSON),
    Line("accounts.address", POST, IN_PERSON),
    Line("accounts.send_confirmation", POST, IN_PERSON),
    Line("accounts.sessions", GET, IN_PERSON),
    Line("accounts.end_session", POST, IN_PERSON, id="session"),
    Line("accounts.end_other_sessions", POST, IN_PERSON),
    Line("accounts.factors", GET, IN_PERSON),
    Line("accounts.confirm_by_key", POST, IN_PERSON),
    Line("accounts.add_app", GET, IN_PERSON),
    Line("accounts.add_app", POST, IN_PERSON),
    Line("accounts.add_key", GET, IN_PERSON),
    Line("accounts.add_key", POST, IN_PERSON),
    Line("accounts.rename_factor", POST, WITH_FACTOR, id="factor"),
    Line("accounts.remove_factor", GET, WITH_FACTOR, id="factor"),
    Line("accounts.remove_factor", POST, WITH_FACTOR, id="factor"),
    Line("accounts.recovery_codes", GET, WITH_FACTOR),
    Line("accounts.recovery_codes", POST, WITH_FACTOR),
    Line("accounts.delete", GET, IN_PERSON),
    Line("accounts.delete", POST, IN_PERSON),
    Line("accounts.tokens", GET, IN_PERSON),
    Line("accounts.tokens", POST, IN_PERSON),
    Line("accounts.revoke_token", POST, IN_PERSON, id="token"),
    Line("accounts.revoke_tokens", POST, IN_PERSON),
    Line("accounts.report_token", POST, EVERYONE),
    # Administrators
    Line("accounts.invitations", GET, ADMINISTRATOR),
    Line("accounts.invitations", POST, ADMINISTRATOR),
    Line("accounts.withdraw_invitation", POST, ADMINISTRATOR, id="invitation"),
    # Balancers
    Line("health.live", GET, EVERYONE),
    Line("health.ready", GET, EVERYONE),
)

WITHOUT_CSRF = {
    "uploads.legacy": "Publishers send tokens; no session publishes.",
    "uploads.slashless": "It only says where to publish.",
    "uploads.mint_token": "It makes nothing.",
    "accounts.report_token": "Whoever finds a token has no page of this site; all are answered"
    " alike, and what it does to a token is good for its owner.",
}
"""Routes that take a POST without a CSRF token, each with the reason."""
