"""An application nobody here wrote: a stock Django project with its admin, SQLite, and a few users.

`startproject` and `migrate` make it, nothing in it is edited: DEBUG settings allow 127.0.0.1 as the host, and behind a
gateway that keeps `Host` Django's own CSRF check accepts the browser's Origin without CSRF_TRUSTED_ORIGINS.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

from servers import Server, free_port, plain_env

ADMIN = "admin"
PASSWORD = "correct horse battery staple"
USERS = ("alice", "bob", "carol")

_ADD_USERS = """
from django.contrib.auth.models import User
for name in {users!r}:
    User.objects.create_user(name, f"{{name}}@example.com", {password!r})
"""


class DjangoSite:
    """One project folder, and the server that runs it."""

    def __init__(self, root: Path):
        self.root = root
        self.port = 0
        self.server: Server | None = None

    @classmethod
    def create(cls, root: Path) -> "DjangoSite":
        """Makes the project, its tables, the superuser `admin` and ordinary users. Takes some seconds: copy it per test."""
        root.mkdir(parents=True)
        site = cls(root)
        site._run("-m", "django", "startproject", "office", ".")
        site.manage("migrate", "--verbosity", "0")
        site.manage(
            "createsuperuser", "--noinput", "--username", ADMIN, "--email", "admin@example.com",
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        )
        site.manage("shell", "--command", _ADD_USERS.format(users=USERS, password=PASSWORD))
        return site

    def copy_to(self, root: Path) -> "DjangoSite":
        shutil.copytree(self.root, root)
        return DjangoSite(root)

    def start(self) -> "DjangoSite":
        self.port = free_port()
        argv = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{self.port}"]
        self.server = Server(argv, cwd=self.root, log=self.root / "runserver.log").wait_for_port(self.port)
        return self

    def stop(self) -> None:
        if self.server:
            self.server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def users(self) -> list[str]:
        """The user names in the database, read from SQLite itself."""
        return [name for (name,) in self._query("select username from auth_user order by username")]

    def user_id(self, name: str) -> int:
        return self._query("select id from auth_user where username = ?", name)[0][0]

    def password_hash(self, name: str) -> str:
        return self._query("select password from auth_user where username = ?", name)[0][0]

    def requests(self, method: str, path: str) -> list[int]:
        """The status codes Django answered to this method and path, oldest first, from its own log."""
        assert self.server, "not started"
        line = re.compile(rf'"{re.escape(method)} {re.escape(path)} HTTP/[\d.]+" (\d{{3}})')
        return [int(status) for status in line.findall(self.server.output())]

    def manage(self, *args: str, **env: str) -> None:
        self._run("manage.py", *args, **env)

    def _run(self, *args: str, **env: str) -> None:
        done = subprocess.run(
            [sys.executable, *args], cwd=self.root, env=plain_env(**env), capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{' '.join(args)}\n{done.stdout}{done.stderr}"

    def _query(self, sql: str, *values: str) -> list[tuple]:
        database = sqlite3.connect(f"file:{self.root / 'db.sqlite3'}?mode=ro", uri=True, timeout=10)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()
