"""People, how they sign in, and the tokens that their tools sign in with."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pypi_web import clock
from pypi_web.data.base import BigId, SQLAlchemyBase, key, one_of
from pypi_web.data.projects import Project, RoleName


class FactorKind(StrEnum):
    TOTP = "totp"
    """Codes of an application on a telephone (RFC 6238)."""
    KEY = "key"
    """A security key or passkey (WebAuthn)."""


class User(SQLAlchemyBase):
    """A person; `email_confirmed_at` is None until the address is known to be theirs."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("name = lower(name)", name="name_is_lower_case"),
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(key(64), unique=True)
    email: Mapped[str] = mapped_column(key(254), unique=True)
    email_confirmed_at: Mapped[datetime | None]
    password_hash: Mapped[str] = mapped_column(String(256))
    is_admin: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class WebSession(SQLAlchemyBase):
    """Somebody signed in at a browser, whose cookie holds the key of which this is the SHA-256.

    `proved_at` is when they last showed who they are, by password or second factor; `is_whole` is
    false as long as a second factor is awaited.
    """

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(key(64), unique=True)
    is_whole: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    proved_at: Mapped[datetime] = mapped_column(default=clock.now)
    address: Mapped[str | None] = mapped_column(String(64))
    agent: Mapped[str | None] = mapped_column(String(255))

    user: Mapped[User] = relationship()


class SecondFactor(SQLAlchemyBase):
    """Something that a person has. `secret` is a key's public key, or the encrypted secret of
    codes; `credential_id` is a key's; `counter` is a key's count of uses, or the last time step of
    which a code was used, so that none is used twice."""

    __tablename__ = "second_factors"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[FactorKind] = mapped_column(one_of(FactorKind, name="kind"))
    name: Mapped[str] = mapped_column(String(100))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    credential_id: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    counter: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_used_at: Mapped[datetime | None]


class RecoveryCode(SQLAlchemyBase):
    """A code that stands in once for a second factor that is lost; only the SHA-256 is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "sha256"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(key(64))
    used_at: Mapped[datetime | None]


class Invitation(SQLAlchemyBase):
    """To have an account, where `project_id` is None, or a role in a project; whoever has the link,
    of whose key this is the SHA-256, and the address or account that is named may answer."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sha256: Mapped[str] = mapped_column(key(64), unique=True)
    email: Mapped[str | None] = mapped_column(key(254), index=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    project_id: Mapped[int | None] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[RoleName | None] = mapped_column(one_of(RoleName, name="role"))
    invited_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]

    user: Mapped[User | None] = relationship()
    project: Mapped[Project | None] = relationship()


class Attempt(SQLAlchemyBase):
    """How much of a limit was used: `full_at` is when what was tried will be forgotten."""

    __tablename__ = "attempts"

    name: Mapped[str] = mapped_column(key(255), primary_key=True)
    full_at: Mapped[datetime] = mapped_column(index=True)


class ApiToken(SQLAlchemyBase):
    """A token is shown once; only the SHA-256 of it is kept. One that is not `is_for_all` is for
    the projects of `TokenProject` alone, be they none any more."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    is_for_all: Mapped[bool] = mapped_column(default=True, server_default=true())
    may_read: Mapped[bool] = mapped_column(default=True, server_default=true())
    may_publish: Mapped[bool] = mapped_column(default=True, server_default=true())
    may_manage: Mapped[bool] = mapped_column(default=False, server_default=false())
    name: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(key(64), unique=True)
    hint: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_used_at: Mapped[datetime | None]
    last_used_from: Mapped[str | None] = mapped_column(String(64))
    expires_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
    projects: Mapped[list[Project]] = relationship(
        secondary="token_projects", order_by=Project.normalized_name
    )


class TokenProject(SQLAlchemyBase):
    """A project that a token is for."""

    __tablename__ = "token_projects"

    token_id: Mapped[int] = mapped_column(
        BigId,
        ForeignKey("api_tokens.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    project_id: Mapped[int] = mapped_column(
        BigId,
        ForeignKey("projects.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
