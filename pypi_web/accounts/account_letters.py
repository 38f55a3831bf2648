"""Letters about accounts. None holds a word that the one who caused it has written, but a user
name."""

from typing import Any

from pypi_web.data import User
from pypi_web.letters import Letter, address_of

NOT_YOU = (
    "If that was not you, somebody else is in your account: set a new password, look through your"
    " tokens and second factors, and tell an administrator."
)


def open_registration(request: Any, email: str, key: str) -> None:
    _send(
        request,
        email,
        "Make your account",
        f"Somebody, you we hope, wants an account for this address on {_site(request)}. Choose a"
        " name and a password here, within a day:",
        address_of(request, "accounts.new_account", _query={"key": key}),
        "If it was not you, there is nothing to do: without this link there is no account.",
    )


def tell_of_having_an_account(request: Any, email: str) -> None:
    _send(
        request,
        email,
        "You have an account already",
        f"Somebody, you we hope, wanted an account for this address on {_site(request)}, or to give"
        " it to theirs. It belongs to an account already. Log in with the address, or set a new"
        " password if it is forgotten:",
        address_of(request, "accounts.login"),
        "If it was not you, there is nothing to do: they were told nothing.",
    )


def invite(request: Any, email: str, key: str, *, by: str) -> None:
    link = address_of(request, "accounts.new_account", _query={"key": key})
    request.registry["post"].send_after_commit(request, of_invitation(email, link, by=by))


def of_invitation(email: str, link: str, *, by: str) -> Letter:
    site = link.partition("/account/")[0]
    return _write(
        email,
        "You are invited",
        f"{by} invites you to have an account on {site}, an index of Python packages. Choose a name"
        " and a password here, within two weeks:",
        link,
        "If you know nothing of it, there is nothing to do.",
    )


def ask_to_confirm(request: Any, user: User, email: str, key: str) -> None:
    _send(
        request,
        email,
        "Confirm your e-mail address",
        f"The account {user.name} on {_site(request)} gives this as its address. Confirm that it is"
        " yours, within a day:",
        address_of(request, "accounts.confirm_address", _query={"key": key}),
        "If it is not your account, there is nothing to do.",
    )


def tell_of_a_wish_for_another_address(request: Any, user: User) -> None:
    _send(
        request,
        user.email,
        "Your account is to get another e-mail address",
        f"Somebody who knows your password asked that your account {user.name} on"
        f" {_site(request)} get another address. It does as soon as that address is confirmed.",
        NOT_YOU,
    )


def tell_of_another_address(request: Any, user: User, old: str) -> None:
    _send(
        request,
        old,
        "Your account has another e-mail address",
        f"The account {user.name} on {_site(request)} has another address now, to which all letters"
        " go from now on.",
        NOT_YOU,
    )


def offer_new_password(request: Any, user: User, key: str) -> None:
    _send(
        request,
        user.email,
        "Set a new password",
        f"Somebody, you we hope, has forgotten the password of your account {user.name} on"
        f" {_site(request)}. Set a new one here, within an hour:",
        address_of(request, "accounts.new_password", _query={"key": key}),
        "If it was not you, there is nothing to do: your password stays as it is.",
    )


def tell_of_a_new_password(request: Any, user: User) -> None:
    _send(
        request,
        user.email,
        "Your password was changed",
        f"The password of your account {user.name} on {_site(request)} was changed, and its other"
        " sessions were ended.",
        NOT_YOU,
    )


def say_goodbye(request: Any, user: User) -> None:
    _send(
        request,
        user.email,
        "Your account is deleted",
        f"The account {user.name} on {_site(request)} is deleted, with its tokens.",
        "If that was not you, tell an administrator.",
    )


def _site(request: Any) -> str:
    return address_of(request, "site.home").rstrip("/")


def _send(request: Any, to: str, subject: str, *paragraphs: str) -> None:
    letter = _write(to, subject, *paragraphs)
    request.registry["post"].send_after_commit(request, letter)


def _write(to: str, subject: str, *paragraphs: str) -> Letter:
    return Letter(to, subject, "\n\n".join(("Hello,", *paragraphs)) + "\n")
