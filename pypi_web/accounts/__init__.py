"""/account/: the first administrator, logging in and out, API tokens."""

from typing import Any


def includeme(config: Any) -> None:
    config.add_route("accounts.account", "/account/")
    config.add_route("accounts.login", "/account/login")
    config.add_route("accounts.logout", "/account/logout")
    config.add_route("accounts.setup", "/account/setup")
    config.add_route("accounts.tokens", "/account/tokens")
    config.add_route("accounts.revoke_token", r"/account/tokens/{id:\d{1,9}}/revoke")
    config.scan(".views")
