"""Letters about second factors: what happens to them is told to whose they are. None holds a word
that the one who caused it has written."""

from typing import Any

from pypi_web.data import FactorKind, User
from pypi_web.letters import Letter, address_of

_KINDS = {
    FactorKind.TOTP: "an application that shows codes",
    FactorKind.KEY: "a security key or passkey",
}


def tell_of_adding(request: Any, user: User, kind: FactorKind) -> None:
    _send(
        request,
        user,
        "A second factor was added",
        f"A second factor was added to your account: {_KINDS[kind]}. You can show it from now on"
        " when you log in.",
    )


def tell_of_removing(request: Any, user: User, kind: FactorKind, *, is_last: bool) -> None:
    rest = (
        " It was the last: your password alone opens your account now, and your recovery codes are"
        " gone with it."
        if is_last
        else ""
    )
    _send(
        request,
        user,
        "A second factor was removed",
        f"A second factor was removed from your account: {_KINDS[kind]}.{rest}",
    )


def tell_of_new_codes(request: Any, user: User) -> None:
    _send(
        request,
        user,
        "You have new recovery codes",
        "A new set of recovery codes was made. Those that you had before are good for nothing.",
    )


def tell_of_a_used_code(request: Any, user: User, left: int) -> None:
    _send(
        request,
        user,
        "A recovery code was used",
        f"One of your recovery codes was used in place of your second factor. You have {left} left:"
        " make a new set before there are none.",
    )


def of_removing_all(user: User) -> Letter:
    return Letter(
        user.email,
        "Your second factors were removed",
        "Hello,\n\nAn administrator removed all second factors of your account"
        f" {user.name}, and its recovery codes: your password alone opens it now. Log in and add a"
        " second factor again."
        "\n\nIf you did not ask for that, tell them.\n",
    )


def _send(request: Any, user: User, subject: str, what: str) -> None:
    site = address_of(request, "site.home").rstrip("/")
    text = (
        f"Hello,\n\n{what} This is about the account {user.name} on {site}.\n\n"
        "If that was you, there is nothing to do. If it was not, somebody else is in your account:"
        " change your password, look through your second factors, and tell an administrator.\n\n"
        f"{address_of(request, 'accounts.factors')}\n"
    )
    request.registry["post"].send_after_commit(request, Letter(user.email, subject, text))
