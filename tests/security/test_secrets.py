"""What is kept of passwords and tokens."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from pypi_web.security import passwords, tokens
from tests.people import PASSWORD, Person


def test_neither_tokens_nor_passwords_are_in_the_database(db: Session, alice: Person):
    for table in ("users", "api_tokens"):
        row = repr(db.execute(text(f"SELECT * FROM {table}")).all())

        assert PASSWORD not in row
        assert alice.token not in row
        assert alice.token.removeprefix(tokens.PREFIX)[:20] not in row


def test_a_token_can_be_known_by_its_prefix_and_checksum(alice: Person):
    assert alice.token.startswith("pypiweb-")
    assert tokens._is_well_formed(alice.token)
    assert not tokens._is_well_formed(alice.token[:-1])
    assert not tokens._is_well_formed("pypiweb-")


def test_a_password_is_hashed_with_a_salt_and_verified():
    one, other = passwords.hash_password(PASSWORD), passwords.hash_password(PASSWORD)

    assert one != other
    assert one.startswith("$argon2id$")
    assert passwords.verify(one, PASSWORD)
    assert not passwords.verify(one, PASSWORD + "x")


def test_nobody_has_a_password():
    assert not passwords.verify(None, "the password of nobody")
    assert not passwords.verify("no hash", PASSWORD)


def test_a_hash_of_weaker_parameters_is_outdated():
    weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$LjPcxu4OGVnWMGCeJEEn0g"

    assert passwords.is_outdated(weak)
    assert not passwords.is_outdated(passwords.hash_password(PASSWORD))
