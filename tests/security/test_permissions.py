"""The table of who may do what."""

import pytest

from pypi_web.data import RoleName
from pypi_web.security.identity import Identity, TokenRight, TokenScope
from pypi_web.security.permissions import (
    IN_PERSON_ONLY,
    LACKS_FACTOR,
    OF_A_PROJECT,
    RULES,
    Permission,
    Standing,
    decide,
)

USUAL = frozenset({TokenRight.READ, TokenRight.PUBLISH})
ALL = frozenset(TokenRight)

NOBODY = None
IN_PERSON = Identity(1, "ann", is_admin=False)
ADMIN_IN_PERSON = Identity(1, "ann", is_admin=True)
BY_TOKEN = Identity(1, "ann", is_admin=False, token=TokenScope(1, None, USUAL))
BY_NARROW_TOKEN = Identity(1, "ann", is_admin=False, token=TokenScope(1, frozenset({7}), USUAL))
BY_READING_TOKEN = Identity(
    1, "ann", is_admin=False, token=TokenScope(1, None, frozenset({TokenRight.READ}))
)
BY_ADMIN_TOKEN = Identity(1, "ann", is_admin=True, token=TokenScope(1, None, ALL))
WITHOUT_FACTOR = Identity(1, "ann", is_admin=False, lacks_factor=True)
EVERYBODY = (
    NOBODY,
    IN_PERSON,
    ADMIN_IN_PERSON,
    BY_TOKEN,
    BY_NARROW_TOKEN,
    BY_READING_TOKEN,
    BY_ADMIN_TOKEN,
    WITHOUT_FACTOR,
)

BY_RIGHT = OF_A_PROJECT - {Permission.MANAGE_PROJECT, Permission.LEAVE_PROJECT}
"""What a token with the right to it does to a project."""


@pytest.mark.parametrize(
    ("permission", "those_who_may"),
    [
        (Permission.READ, EVERYBODY[1:]),
        (Permission.SEE_MIRROR, EVERYBODY[1:]),
        (Permission.MANAGE_ACCOUNT, (IN_PERSON, ADMIN_IN_PERSON, WITHOUT_FACTOR)),
        (Permission.SIGN_IN_TO_PUBLISH, (BY_TOKEN, BY_NARROW_TOKEN, BY_ADMIN_TOKEN)),
        (Permission.CREATE_PROJECT, (BY_TOKEN, BY_ADMIN_TOKEN)),
        (Permission.INVITE_PEOPLE, (ADMIN_IN_PERSON, BY_ADMIN_TOKEN)),
    ],
)
def test_who_may(permission: Permission, those_who_may: tuple):
    assert tuple(who for who in EVERYBODY if decide(permission, who)) == those_who_may


def test_everyone_reads_where_the_owner_of_the_site_says_so():
    assert all(decide(Permission.READ, who, anonymous_read=True) for who in EVERYBODY)
    assert not decide(Permission.MANAGE_ACCOUNT, NOBODY, anonymous_read=True)


def test_each_permission_stands_in_the_table():
    assert set(RULES) == set(Permission)


@pytest.mark.parametrize(
    ("role", "is_admin", "scope", "allowed"),
    [
        (RoleName.OWNER, False, "all", True),
        (RoleName.MAINTAINER, False, "all", True),
        (RoleName.MEMBER, False, "all", False),
        (None, False, "all", False),
        (None, True, "all", True),
        (RoleName.OWNER, False, "this", True),
        (RoleName.OWNER, False, "other", False),
        (None, True, "other", False),
        (None, False, "this", False),
        (RoleName.OWNER, False, "in person", False),
        (None, True, "in person", False),
    ],
)
def test_who_may_publish_to_a_project(role, is_admin, scope, allowed):
    projects = {"all": None, "this": frozenset({7}), "other": frozenset({8})}
    token = None if scope == "in person" else TokenScope(1, projects[scope], USUAL)
    identity = Identity(1, "ann", is_admin, token)

    assert bool(decide(Permission.PUBLISH, identity, Standing(7, role))) is allowed


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (Permission.READ_PROJECT, {RoleName.OWNER, RoleName.MAINTAINER, RoleName.MEMBER}),
        (Permission.MANAGE_RELEASES, {RoleName.OWNER, RoleName.MAINTAINER}),
        (Permission.ARCHIVE_PROJECT, {RoleName.OWNER}),
        (Permission.MANAGE_PROJECT, {RoleName.OWNER}),
        (Permission.QUARANTINE, set()),
    ],
)
def test_which_roles_may_do_what_to_a_private_project(permission: Permission, roles: set[RoleName]):
    for role in (None, *RoleName):
        standing = Standing(7, role, is_private=True)
        assert bool(decide(permission, IN_PERSON, standing)) is (role in roles)
        assert decide(permission, ADMIN_IN_PERSON, standing)
        assert not decide(permission, NOBODY, standing, anonymous_read=True)


def test_a_project_that_is_not_private_is_read_like_all_else():
    assert decide(Permission.READ_PROJECT, NOBODY, Standing(7, None), anonymous_read=True)
    assert not decide(Permission.READ_PROJECT, NOBODY, Standing(7, None))
    assert decide(Permission.READ_PROJECT, BY_READING_TOKEN, Standing(7, None))


@pytest.mark.parametrize("permission", sorted(BY_RIGHT))
def test_a_token_does_what_it_is_for_and_no_more(permission: Permission):
    right = RULES[permission].right
    standing = Standing(7, RoleName.OWNER, is_private=True)
    for each in TokenRight:
        scope = TokenScope(1, None, frozenset({each}))
        decision = decide(permission, Identity(1, "ann", is_admin=True, token=scope), standing)
        assert bool(decision) is (each is right)
        assert decision or f"may not {right}" in decision.reason


@pytest.mark.parametrize("permission", sorted(OF_A_PROJECT - BY_RIGHT))
@pytest.mark.parametrize("is_admin", [False, True])
def test_no_token_gives_a_project_or_a_role_in_it_away(permission: Permission, is_admin: bool):
    """Revoked, it would leave somebody behind."""
    owner = Standing(7, RoleName.OWNER)
    token = TokenScope(1, None, ALL)

    decision = decide(permission, Identity(1, "ann", is_admin, token), owner)

    assert (decision.is_allowed, decision.reason) == (False, IN_PERSON_ONLY)
    assert decide(permission, Identity(1, "ann", is_admin), owner)


@pytest.mark.parametrize("permission", sorted(BY_RIGHT))
def test_a_token_for_other_projects_does_nothing_to_this(permission: Permission):
    scope = TokenScope(1, frozenset({8}), ALL)
    standing = Standing(7, RoleName.OWNER, is_private=True)

    decision = decide(permission, Identity(1, "ann", is_admin=True, token=scope), standing)

    assert "another project" in decision.reason


def test_who_lacks_a_second_factor_reads_and_manages_their_account_and_no_more():
    owner = Standing(7, RoleName.OWNER, is_private=True)

    for permission in (Permission.MANAGE_PROJECT, Permission.MANAGE_RELEASES, Permission.PUBLISH):
        assert decide(permission, WITHOUT_FACTOR, owner).reason == LACKS_FACTOR
    assert decide(Permission.READ_PROJECT, WITHOUT_FACTOR, owner)
    assert decide(Permission.MANAGE_ACCOUNT, WITHOUT_FACTOR)
