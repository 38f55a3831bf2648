"""Settings come from the ini and the environment, and a wrong one stops the start by name."""

import stat
from pathlib import Path

import pytest

from pypi_web.settings import Settings, SettingsError, read

SECRET = {"pypi_web.secret": "x" * 32}


def test_the_defaults_give_the_least():
    settings = read(SECRET, {})

    assert settings.anonymous_read is False


def test_the_environment_goes_before_the_ini():
    ini = {**SECRET, "pypi_web.anonymous_read": "false"}

    assert read(ini, {"PYPI_WEB_ANONYMOUS_READ": "true"}).anonymous_read is True


def test_an_empty_variable_counts_as_absent():
    assert read({**SECRET, "pypi_web.anonymous_read": "true"}, {"PYPI_WEB_ANONYMOUS_READ": ""})


def test_settings_of_others_are_none_of_ours():
    assert read({**SECRET, "pyramid.reload_templates": "true", "jinja2.x": "y"}, {"HOME": "/"})


def test_sizes_are_written_as_people_say_them():
    assert read({**SECRET, "pypi_web.max_upload_size": "1.5 GB"}, {}).max_upload_size == 1.5e9


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_each_setting_says_what_it_is_for(name: str):
    assert Settings.model_fields[name].description


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("anonymous_read", "true"),
        ("hsts", "365d"),
        ("kept_pages_size", "0"),
        ("mail_folder", "/nowhere/mail"),
        ("mail_sender", "index@example.org"),
        ("mail_server", "smtp://mail.example.org"),
        ("max_upload_size", "2048"),
        ("mirror_upstream", "https://example.org/simple/"),
        ("mirror_user", "index"),
        ("mirror_password", "of the index"),
        ("mirror_reserved", "acme, acme-*"),
        ("mirror_minimum_age", "7d"),
        ("mirror_minimum_age_except", "flask"),
        ("mirror_fresh_for", "90s"),
        ("mirror_stale_for", "2w"),
        ("mirror_max_file_size", "1GB"),
        ("mirror_trim_unused_for", "90d"),
        ("mirror_max_size", "50G"),
        ("new_projects", "administrators"),
        ("refuse_lookalike_names", "false"),
        ("refuse_stdlib_names", "false"),
        ("registration", "open"),
        ("second_factor", "publishers"),
        ("secret", "y" * 40),
        ("secret_file", "/nowhere/secret"),
        ("sendfile", "x-accel-redirect"),
        ("storage", "file:///tmp/files"),
        ("upload_direct_urls", "false"),
        ("upload_exact_filenames", "false"),
        ("upload_local_platforms", "false"),
        ("upload_local_versions", "false"),
        ("upload_strict_readme", "true"),
        ("url", "https://packages.example.org"),
    ],
)
def test_each_setting_has_a_name_in_the_environment(name: str, value: str):
    both = {"PYPI_WEB_MIRROR_USER": "index", "PYPI_WEB_MIRROR_PASSWORD": "of the index"}
    beside = both if name in ("mirror_user", "mirror_password") else {}
    others = {"pypi_web.url": "https://example.org"} if name == "mail_server" else {}

    settings = read({**SECRET, **others}, {**beside, f"PYPI_WEB_{name.upper()}": value})

    assert getattr(settings, name) != Settings.model_fields[name].default


def test_no_setting_is_left_out_above():
    marks = test_each_setting_has_a_name_in_the_environment.pytestmark

    assert {name for name, _ in marks[0].args[1]} == set(Settings.model_fields)


def test_families_of_settings_may_be_written_with_dots():
    assert read({**SECRET, "pypi_web.anonymous.read": "true"}, {}).anonymous_read is True


@pytest.mark.parametrize(
    ("ini", "environment", "name"),
    [
        ({"pypi_web.anonymos_read": "true"}, {}, "pypi_web.anonymos_read"),
        ({}, {"PYPI_WEB_ANONYMOS_READ": "true"}, "PYPI_WEB_ANONYMOS_READ"),
        ({"pypi_web.anonymous_read": "perhaps"}, {}, "pypi_web.anonymous_read"),
        ({"pypi_web.max_upload_size": "large"}, {}, "pypi_web.max_upload_size"),
        ({"pypi_web.max_upload_size": "0"}, {}, "pypi_web.max_upload_size"),
        ({}, {"PYPI_WEB_SECRET": "short"}, "PYPI_WEB_SECRET"),
        ({"pypi_web.registration": "everybody"}, {}, "pypi_web.registration"),
        ({"pypi_web.url": "packages.example.org"}, {}, "pypi_web.url"),
        ({"pypi_web.url": "https://example.org/packages"}, {}, "pypi_web.url"),
        ({"pypi_web.mail.server": "smtp://mail.example.org"}, {}, "pypi_web.url"),
        ({"pypi_web.sendfile": "sendfile"}, {}, "pypi_web.sendfile"),
        ({"pypi_web.mirror.minimum_age": "a week"}, {}, "pypi_web.mirror.minimum_age"),
        ({"pypi_web.mirror.stale_for": "999999d"}, {}, "pypi_web.mirror.stale_for"),
        ({"pypi_web.mirror.reserved": "acme/*"}, {}, "pypi_web.mirror.reserved"),
    ],
)
def test_what_is_wrong_is_named(ini: dict, environment: dict, name: str):
    with pytest.raises(SettingsError) as caught:
        read({**SECRET, **ini}, environment)

    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        (
            "mirror.upsteam",
            "x",
            "Unknown setting pypi_web.mirror.upsteam: remove it or correct its name."
            " Is it pypi_web.mirror.upstream?",
        ),
        ("mirror_max.sise", "1", "Is it pypi_web.mirror.max_size?"),
        ("colour", "red", "Known are pypi_web.anonymous_read,"),
        ("mirror.max_size", "big", "is wrong. Write a size, such as 500MB, 50G. How many bytes"),
        ("mirror.max_size", "5 parsecs", "is wrong. Write a size, such as 500MB, 50G."),
        ("mirror.minimum_age", "7 days", "is wrong: it is no time such as 90s, 10m, 12h, 7d or 2w"),
    ],
)
def test_what_to_write_instead_is_said(setting: str, value: str, sentence: str):
    with pytest.raises(SettingsError) as caught:
        read({**SECRET, f"pypi_web.{setting}": value}, {})

    assert sentence in str(caught.value)


@pytest.mark.parametrize(("given", "missing"), [("user", "password"), ("password", "user")])
def test_a_user_of_upstreams_without_a_password_is_refused(given: str, missing: str):
    with pytest.raises(SettingsError) as caught:
        read({**SECRET, f"pypi_web.mirror.{given}": "x"}, {})

    assert f"Setting pypi_web.mirror.{given} is alone: set pypi_web.mirror.{missing}" in str(
        caught.value
    )


def test_what_lies_in_no_folder_is_sent_by_no_web_server():
    ini = {**SECRET, "pypi_web.storage": "s3://bucket", "pypi_web.sendfile": "x-sendfile"}

    with pytest.raises(SettingsError, match=r"pypi_web\.sendfile is wrong.*file:///folder"):
        read(ini, {})


def test_a_secret_is_never_part_of_a_message():
    with pytest.raises(SettingsError) as caught:
        read({"pypi_web.secret": "too short a one"}, {})

    assert "too short a one" not in str(caught.value)
    assert "x" * 32 not in repr(read(SECRET, {}))


def test_a_missing_secret_stops_the_start_with_how_to_make_one():
    with pytest.raises(SettingsError, match=r"pypi_web\.secret is missing.*PYPI_WEB_SECRET"):
        read({}, {})


def test_a_secret_file_is_made_once_and_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "var" / "secret"
    ini = {"pypi_web.secret_file": str(path)}

    first, second = read(ini, {}), read(ini, {})

    assert first.signing_key == second.signing_key
    assert len(first.signing_key) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_emptied_secret_file_is_not_taken_for_a_secret(tmp_path: Path):
    path = tmp_path / "secret"
    path.touch()

    with pytest.raises(SettingsError, match="remove the file"):
        read({"pypi_web.secret_file": str(path)}, {})


def test_what_kubernetes_tells_of_a_service_of_our_name_is_no_setting():
    neighbours = {
        "PYPI_WEB_PORT": "tcp://10.0.0.1:80",
        "PYPI_WEB_PORT_80_TCP_ADDR": "10.0.0.1",
        "PYPI_WEB_SERVICE_HOST": "10.0.0.1",
        "PYPI_WEB_SERVICE_PORT_HTTP": "80",
    }

    assert read(SECRET, neighbours)
