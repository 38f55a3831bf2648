"""Headers that keep browsers on the safe side."""

from tests.conftest import MakeApp


def test_tls_is_insisted_on_where_the_setting_says_so(make_app: MakeApp):
    app = make_app(hsts="365d")
    app.extra_environ["wsgi.url_scheme"] = "https"

    for path in ("/", "/account/login", "/static/base.css", "/simple/"):
        assert app.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" in app.get("/nothing", status=404).headers


def test_nobody_insists_without_tls_or_without_the_setting(make_app: MakeApp):
    plain, unset = make_app(hsts="365d"), make_app()
    unset.extra_environ["wsgi.url_scheme"] = "https"

    for app in (plain, unset):
        assert "Strict-Transport-Security" not in app.get("/account/login").headers


def test_pages_with_forms_are_framed_by_nobody_and_kept_by_no_cache(make_app: MakeApp):
    headers = make_app().get("/account/login").headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"].startswith("private")
