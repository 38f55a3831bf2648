"""The table of who may do what."""

import pytest

from pypi_web.data import RoleName
from pypi_web.security.identity import Identity, TokenScope
from pypi_web.security.permissions import MAY, Permission, may, may_publish

NOBODY = None
IN_PERSON = Identity(1, "ann", is_admin=False)
ADMIN_IN_PERSON = Identity(1, "ann", is_admin=True)
BY_TOKEN = Identity(1, "ann", is_admin=False, token=TokenScope(1, None))
BY_NARROW_TOKEN = Identity(1, "ann", is_admin=False, token=TokenScope(1, 7))
EVERYBODY = (NOBODY, IN_PERSON, ADMIN_IN_PERSON, BY_TOKEN, BY_NARROW_TOKEN)


@pytest.mark.parametrize(
    ("permission", "those_who_may"),
    [
        (Permission.READ, (IN_PERSON, ADMIN_IN_PERSON, BY_TOKEN, BY_NARROW_TOKEN)),
        (Permission.SEE_MIRROR, (IN_PERSON, ADMIN_IN_PERSON, BY_TOKEN, BY_NARROW_TOKEN)),
        (Permission.MANAGE_ACCOUNT, (IN_PERSON, ADMIN_IN_PERSON)),
        (Permission.SIGN_IN_TO_PUBLISH, (BY_TOKEN, BY_NARROW_TOKEN)),
        (Permission.CREATE_PROJECT, (BY_TOKEN,)),
    ],
)
def test_who_may(permission: Permission, those_who_may: tuple):
    assert tuple(who for who in EVERYBODY if may(permission, who)) == those_who_may


def test_everyone_reads_where_the_owner_of_the_site_says_so():
    assert all(may(Permission.READ, who, anonymous_read=True) for who in EVERYBODY)
    assert not may(Permission.MANAGE_ACCOUNT, NOBODY, anonymous_read=True)


def test_each_permission_stands_in_the_table():
    assert set(MAY) == set(Permission)


@pytest.mark.parametrize(
    ("role", "is_admin", "scope", "allowed"),
    [
        (RoleName.OWNER, False, "all", True),
        (RoleName.MAINTAINER, False, "all", True),
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
    project_ids = {"all": None, "this": 7, "other": 8}
    token = None if scope == "in person" else TokenScope(1, project_ids[scope])

    assert may_publish(Identity(1, "ann", is_admin, token), 7, role) is allowed
