"""Second factors: whose they are, adding and removing them, and whether a code is right."""

from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from pypi_web import clock
from pypi_web.accounts import factor_letters
from pypi_web.data import FactorKind, RecoveryCode, SecondFactor, User
from pypi_web.data.audit import note
from pypi_web.data.session import Database, insert_for_conflicts
from pypi_web.security import recovery_codes, sessions, totp
from pypi_web.security.auditing import record
from pypi_web.security.encryption import seal, unseal

MAX_NAME = 100
MAX_PER_USER = 20

RECOVERY_CODE = "a recovery code"


class FactorRefused(Exception):
    """A second factor cannot be added or changed so; `field` is the form's that is to be mended."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def has_factor(db: Database, user_id: int) -> bool:
    return bool(db.execute(select(exists().where(SecondFactor.user_id == user_id))).scalar())


def list_factors(db: Database, user_id: int) -> list[Any]:
    """A person's second factors as rows, the oldest first: without what is secret in them."""
    query = select(
        SecondFactor.id,
        SecondFactor.kind,
        SecondFactor.name,
        SecondFactor.credential_id,
        SecondFactor.created_at,
        SecondFactor.last_used_at,
    )
    return list(db.execute(query.where(_of(user_id)).order_by(SecondFactor.id)).all())


def find_factor(db: Session, user_id: int, factor_id: int) -> SecondFactor | None:
    """One of a person's own."""
    return db.scalar(select(SecondFactor).where(_of(user_id), SecondFactor.id == factor_id))


def find_apps(request: Any, user_id: int) -> tuple[set[int], set[int]]:
    """The ids of a person's applications: of those whose codes can be right, and of those that are
    good for nothing, as their secrets were sealed under another setting `secret`."""
    query = select(SecondFactor.id, SecondFactor.secret)
    apps = request.db.execute(query.where(_of(user_id), SecondFactor.kind == FactorKind.TOTP))
    good, lost = set[int](), set[int]()
    for app in apps:
        is_lost = unseal_secret(request, user_id, app.secret) is None
        (lost if is_lost else good).add(app.id)
    return good, lost


def count_codes(db: Database, user_id: int) -> int:
    """How many recovery codes a person has left."""
    left = select(func.count()).where(_codes_of(user_id), RecoveryCode.used_at.is_(None))
    return int(db.execute(left).scalar_one())


def use_code(request: Any, user_id: int, code: str) -> str | None:
    """Uses a code up, be it an application's or a recovery code; gives the name of what it was of,
    or None where it is wrong.

    It counts no attempts: `limits.enforce` of "second factor" comes first.
    """
    typed = _without_spaces(code)
    if is_of_app(code):
        return _use_app(request, user_id, typed)
    return _use_recovery_code(request, user_id, typed)


def is_of_app(code: str) -> bool:
    """Whether a code, by its length, is an application's rather than a recovery code."""
    return len(_without_spaces(code)) == totp.DIGITS


def seal_secret(request: Any, user: User, secret: str) -> bytes:
    return seal(request.settings.signing_key, secret, whose=_whose(user.id))


def unseal_secret(request: Any, user_id: int, sealed: bytes) -> str | None:
    """The secret of codes of a person; None where it was sealed for another or under another
    setting `secret`."""
    return unseal(request.settings.signing_key, sealed, whose=_whose(user_id))


def add_app(request: Any, user: User, *, name: str, sealed: bytes, code: str) -> list[str]:
    """Adds an application that has shown a right code of a secret that `seal_secret` sealed.

    Gives the recovery codes where it is the first factor. Raises FactorRefused.
    """
    name = check_name(name)
    secret = unseal_secret(request, user.id, sealed)
    if secret is None:
        raise FactorRefused("code", "This page is out of date: load it anew, and scan again.")
    step = totp.find_step(secret, "".join(code.split()), clock.now())
    if step is None:
        raise FactorRefused(
            "code", "That is not the code of this moment. See that your telephone's clock is right."
        )
    _lock(request.db, user.id)
    if secret in _secrets_of_apps(request, user.id):
        # Twice here, each code of it would be good twice.
        raise FactorRefused("code", "This application is added already: load the page anew.")
    return add(request, user, kind=FactorKind.TOTP, name=name, secret=sealed, counter=step)


def add(request: Any, user: User, *, kind: FactorKind, name: str, **columns: Any) -> list[str]:
    """Adds a factor whose owner has shown that it works; gives recovery codes where it is the first
    of theirs. Raises FactorRefused."""
    _lock(request.db, user.id)
    before = len(list_factors(request.db, user.id))
    if before >= MAX_PER_USER:
        raise FactorRefused(
            "name", f"You have {before} second factors: remove one that you do not use."
        )
    row = {"user_id": user.id, "kind": kind, "name": name, "created_at": clock.now(), **columns}
    adding = insert_for_conflicts(request.db, SecondFactor).values(row)
    adding = adding.on_conflict_do_nothing(index_elements=["credential_id"])
    if request.db.execute(adding.returning(SecondFactor.id)).first() is None:
        raise FactorRefused("name", "This key is added already.")
    note_for(request, user, "add second factor", subject=name, after={"kind": kind.value})
    factor_letters.tell_of_adding(request, user, kind)
    if before:
        return []
    sessions.end_others(request.db, user.id, but=request.identity.sign_in.session_id)
    return _replace_codes(request.db, user.id)


def rename(request: Any, user: User, factor: SecondFactor, name: str) -> None:
    """Raises FactorRefused."""
    before, factor.name = factor.name, check_name(name)
    note_for(
        request, user, "rename second factor", before={"name": before}, after={"name": factor.name}
    )


def remove(request: Any, user: User, factor: SecondFactor) -> None:
    """Removes a factor, and with the last one the recovery codes."""
    _lock(request.db, user.id)
    request.db.execute(delete(SecondFactor).where(SecondFactor.id == factor.id))
    is_last = not has_factor(request.db, user.id)
    if is_last:
        request.db.execute(delete(RecoveryCode).where(_codes_of(user.id)))
    kind = factor.kind.value
    note_for(request, user, "remove second factor", subject=factor.name, before={"kind": kind})
    factor_letters.tell_of_removing(request, user, factor.kind, is_last=is_last)


def remove_all(db: Session, user: User) -> int:
    """Removes all factors of somebody, and the recovery codes; gives how many factors."""
    _lock(db, user.id)
    gone = db.execute(delete(SecondFactor).where(_of(user.id)).returning(SecondFactor.id)).all()
    db.execute(delete(RecoveryCode).where(_codes_of(user.id)))
    note(db, "remove all second factors", user_id=user.id, user_name=user.name)
    return len(gone)


def renew_codes(request: Any, user: User) -> list[str]:
    """A new set of recovery codes, in place of the old. Raises FactorRefused."""
    _lock(request.db, user.id)
    if not has_factor(request.db, user.id):
        raise FactorRefused("", "Recovery codes stand in for a second factor: add one first.")
    codes = _replace_codes(request.db, user.id)
    note_for(request, user, "make recovery codes")
    factor_letters.tell_of_new_codes(request, user)
    return codes


def check_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise FactorRefused("name", f"Give it a name of 1 to {MAX_NAME} characters.")
    return name


def note_for(request: Any, user: Any, act: str, **what: Any) -> None:
    """Notes an act in a person's audit, who may not be wholly signed in yet."""
    record(request, act, user_id=user.id, user_name=user.name, token_id=None, **what)


def _use_app(request: Any, user_id: int, code: str) -> str | None:
    query = select(SecondFactor.id, SecondFactor.name, SecondFactor.secret)
    apps = request.db.execute(query.where(_of(user_id), SecondFactor.kind == FactorKind.TOTP))
    now = clock.now()
    for app in apps.all():
        secret = unseal_secret(request, user_id, app.secret)
        step = None if secret is None else totp.find_step(secret, code, now)
        if step is not None and use_up(request.db, app.id, step, SecondFactor.counter < step):
            return str(app.name)
    return None


def use_up(db: Session, factor_id: int, counter: int, *conditions: Any) -> bool:
    """Moves a factor's counter on, where the conditions still hold: of two at once, one does."""
    moved = (
        update(SecondFactor)
        .where(SecondFactor.id == factor_id, *conditions)
        .values(counter=counter, last_used_at=clock.now())
        .returning(SecondFactor.id)
        .execution_options(synchronize_session=False)
    )
    return db.execute(moved).first() is not None


def _use_recovery_code(request: Any, user_id: int, code: str) -> str | None:
    sha256 = recovery_codes.digest(code)
    if sha256 is None:
        return None
    using = (
        update(RecoveryCode)
        .where(_codes_of(user_id), RecoveryCode.sha256 == sha256, RecoveryCode.used_at.is_(None))
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    )
    if request.db.execute(using).first() is None:
        return None
    user = request.db.get_one(User, user_id)
    left = count_codes(request.db, user_id)
    note_for(request, user, "use recovery code", after={"left": left})
    factor_letters.tell_of_a_used_code(request, user, left)
    return RECOVERY_CODE


def _secrets_of_apps(request: Any, user_id: int) -> list[str | None]:
    sealed = select(SecondFactor.secret).where(_of(user_id), SecondFactor.kind == FactorKind.TOTP)
    return [unseal_secret(request, user_id, each) for each in request.db.scalars(sealed)]


def _without_spaces(code: str) -> str:
    return "".join(code.split()).replace("-", "")


def _replace_codes(db: Session, user_id: int) -> list[str]:
    db.execute(delete(RecoveryCode).where(_codes_of(user_id)))
    codes = recovery_codes.make_codes()
    rows = [{"user_id": user_id, "sha256": recovery_codes.digest(code)} for code in codes]
    db.execute(insert(RecoveryCode), rows)
    return codes


def _lock(db: Session, user_id: int) -> None:
    """Lets nobody else add or remove a factor of the person until this transaction ends."""
    db.execute(select(User.id).where(User.id == user_id).with_for_update())


def _of(user_id: int) -> Any:
    return SecondFactor.user_id == user_id


def _codes_of(user_id: int) -> Any:
    return RecoveryCode.user_id == user_id


def _whose(user_id: int) -> str:
    return f"codes of {user_id}"
