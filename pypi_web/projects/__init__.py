"""/project/: a project's pages, and the rules of projects."""

from typing import Any


def includeme(config: Any) -> None:
    from pypi_web.projects.mirrored_metadata import KeptMetadata
    from pypi_web.projects.rerendering import StaleReadmes
    from pypi_web.projects.views import find_project, find_release

    config.registry["stale_readmes"] = StaleReadmes(config.registry["engine"])
    config.registry["mirrored_metadata"] = KeptMetadata()
    _add_managing_routes(config)
    reads = {"request_method": ("GET", "HEAD")}
    config.add_route("projects.project", "/project/{name}/", factory=find_project, **reads)
    config.add_route(
        "projects.release", "/project/{name}/{version}/", factory=find_release, **reads
    )
    config.scan(".views")
    config.scan(".managing_views")
    config.scan(".people_views")
    config.scan(".settings_views")


def _add_managing_routes(config: Any) -> None:
    """What is below /manage/, before the pages of releases: none is of this version."""
    from pypi_web.projects.managed import managed
    from pypi_web.projects.people_views import find_offer
    from pypi_web.security.permissions import Permission

    release, file = "releases/{version}", "files/{filename}"
    below = {
        Permission.MANAGE_RELEASES: {
            "manage": "",
            "manage_release": release,
            "yank": f"{release}/yank",
            "unyank": f"{release}/unyank",
            "delete_release": f"{release}/delete",
            "delete_file": f"{file}/delete",
        },
        Permission.ARCHIVE_PROJECT: {
            "manage_settings": "settings",
            "change_status": "settings/status",
            "manage_history": "history",
        },
        Permission.MANAGE_PROJECT: {
            "manage_people": "people",
            "invite": "people/invite",
            "withdraw_invitation": "people/withdraw",
            "change_role": "people/role",
            "remove_role": "people/remove",
            "change_visibility": "settings/visibility",
            "delete": "delete",
        },
        Permission.LEAVE_PROJECT: {"leave": "leave"},
        Permission.QUARANTINE: {
            "quarantine": "settings/quarantine",
            "end_quarantine": "settings/release",
        },
    }
    for permission, routes in below.items():
        for name, path in routes.items():
            config.add_route(
                f"projects.{name}", f"/project/{{name}}/manage/{path}", factory=managed(permission)
            )
    for name, path in {"": "", "accept_": "/accept", "decline_": "/decline"}.items():
        config.add_route(
            f"projects.{name}invitation",
            f"/project/{{name}}/manage/invitation{path}",
            factory=find_offer,
        )
