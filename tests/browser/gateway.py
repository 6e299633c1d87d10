"""The gateway as an operator runs it: its binary, a configuration file, and its own commands for users and codes."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from base64 import b32encode
from pathlib import Path
from string import Template

from servers import Server, free_port, plain_env
from totp import Authenticator

HERE = Path(__file__).resolve().parent


class Gateway:
    """One configuration folder, made from `tests/browser/NAME/` (countersign.toml with ${...}, policies/), and its server."""

    def __init__(self, binary: Path, root: Path, name: str, **values: str):
        self.root, self.server, self._binary = root, None, binary
        self.port, self.portal_port, self.admin_port = free_port(), free_port(), free_port()
        root.mkdir(parents=True)
        shutil.copytree(HERE / name / "policies", root / "policies")
        ports = {"gateway": self.port, "portal": self.portal_port, "admin": self.admin_port}
        text = (HERE / name / "countersign.toml").read_text()
        (root / "countersign.toml").write_text(Template(text).substitute(values, **ports))

    @property
    def url(self) -> str:
        """Where the browser finds the application."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def portal(self) -> str:
        """The origin of the prompt."""
        return f"http://localhost:{self.portal_port}"

    def start(self) -> "Gateway":
        """Starts it, also again after `stop` or `server.kill`."""
        argv = [self._binary, "serve", "--config", "countersign.toml"]
        self.server = Server(argv, cwd=self.root, log=self.root / "serve.log")
        self.server.wait_for_ok(f"http://127.0.0.1:{self.admin_port}/readyz")
        return self

    def stop(self) -> None:
        if self.server:
            self.server.stop()

    def command(self, *args: str) -> str:
        """Runs one command against this configuration; a failure fails the test with what the command said."""
        done = subprocess.run(
            [self._binary, *args, "--config", "countersign.toml"],
            cwd=self.root, env=plain_env(), capture_output=True, text=True, timeout=60,
        )
        assert done.returncode == 0, f"countersign {' '.join(args)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def add_user(self, name: str) -> Authenticator:
        """A user with one TOTP authenticator, labelled Phone."""
        seed = b32encode(secrets.token_bytes(20)).decode()
        self.command("user", "add", name)
        self.command("token", "add", "totp", name, "--secret", seed, "--label", "Phone")
        return Authenticator(seed)

    def emergency_code(self, name: str, *limits: str) -> str:
        return self.command("emergency", "issue", name, *limits).splitlines()[0]

    def in_clear(self, text: str) -> list[str]:
        """The files of this gateway, logs included, that hold the text as it is."""
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return sorted(str(path.relative_to(self.root)) for path in files if text.encode() in path.read_bytes())
