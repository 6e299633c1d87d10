"""Real servers with the six protected actions, and a gateway in front of each. Programs are stopped by their process, never by name."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from string import Template

HERE = Path(__file__).resolve().parent
APPS = HERE / "apps"
VECTORS = HERE.parent / "vectors"
PYTHON = sys.executable


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def servers() -> dict[str, list[str]]:
    """How each is started; PORT stands for its port."""
    module = str(Path(PYTHON).parent)
    return {
        "Flask, wsgiref": [PYTHON, "wsgi.py", "PORT"],
        "Flask, waitress": [f"{module}/waitress-serve", "--listen=127.0.0.1:PORT", "wsgi:app"],
        "Flask, gunicorn": [f"{module}/gunicorn", "-b", "127.0.0.1:PORT", "--threads", "4", "wsgi:app"],
        "Starlette, uvicorn (h11)": [f"{module}/uvicorn", "--http", "h11", "--port", "PORT", "--log-level", "critical", "asgi:app"],
        "Starlette, uvicorn (httptools)": [f"{module}/uvicorn", "--http", "httptools", "--port", "PORT", "--log-level", "critical", "asgi:app"],
        "Node http": ["node", "node.js", "PORT"],
        "Express": ["node", "express.js", "PORT"],
        "PHP built-in": ["php", "-S", "127.0.0.1:PORT", "router.php"],
        "Sinatra, WEBrick": ["ruby", "sinatra.rb", "PORT"],
        "nginx": [shutil.which("nginx") or "/usr/sbin/nginx", "-p", "ROOT", "-c", "ROOT/nginx.conf"],
    }


class Program:
    """A running program whose output goes to a file."""

    def __init__(self, argv: list[str], cwd: Path, log: Path, env: dict[str, str]):
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def wait_for(self, port: int) -> "Program":
        deadline = time.monotonic() + 30
        while True:
            assert self.process.poll() is None, f"it ended:\n{self.log.read_text()}"
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return self
            assert time.monotonic() < deadline, f"nobody listens on {port}:\n{self.log.read_text()}"
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class World:
    """One server, and a gateway in front of it."""

    def __init__(self, name: str, root: Path, binary: Path):
        self.name, self.runs = name, root / "runs"
        root.mkdir(parents=True)
        self.runs.touch()
        env = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        env |= {"RUNS": str(self.runs), "PYTHONDONTWRITEBYTECODE": "1", "PHP_CLI_SERVER_WORKERS": "4"}
        self.port, self.gateway_port = free_port(), free_port()
        values = {"root": str(root), "port": str(self.port), "runs": str(self.runs)}
        (root / "nginx.conf").write_text(Template((APPS / "nginx.conf").read_text()).safe_substitute(values))
        argv = [word.replace("PORT", str(self.port)).replace("ROOT", str(root)) for word in servers()[name]]
        self.server = Program(argv, APPS, root / "server.log", env).wait_for(self.port)
        self.gateway = self._gateway(root, binary, env)
        self._read = 0

    def _gateway(self, root: Path, binary: Path, env: dict[str, str]) -> Program:
        ports = {"gateway": self.gateway_port, "admin": free_port(), "portal": free_port(), "upstream": self.port}
        (root / "countersign.toml").write_text(Template((HERE / "gateway.toml").read_text()).substitute(ports))
        (root / "policies").mkdir()
        shutil.copy(VECTORS / "policies.toml", root / "policies" / "app.toml")
        for command in (["user", "add", "alice"], ["token", "add", "totp", "alice"]):
            argv = [str(binary), *command, "--config", "countersign.toml"]
            done = subprocess.run(argv, cwd=root, env=env, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stdout + done.stderr
        gateway = Program([str(binary), "serve", "--config", "countersign.toml"], root, root / "gateway.log", env)
        return gateway.wait_for(self.gateway_port)

    def stop(self) -> None:
        self.gateway.stop()
        self.server.stop()

    def ran(self) -> str:
        """The actions that have run since the last time."""
        with self.runs.open() as runs:
            runs.seek(self._read)
            text = runs.read()
            self._read = runs.tell()
        return "".join(sorted(set(text.split())))


def with_user(raw: bytes) -> bytes:
    """The user's header behind the first header line, if there is one."""
    line = raw.find(b"\n") + 1
    end = raw.find(b"\n", line) + 1
    if not line or not end or b":" not in raw[line:end]:
        return raw
    return raw[:end] + b"X-Forwarded-User: alice\r\n" + raw[end:]


def send(port: int, raw: bytes, patience: float) -> bytes:
    """Sends on a connection of its own; what comes back until it is quiet."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        try:
            client.sendall(raw)
            client.settimeout(patience)
            while piece := client.recv(65536):
                answer += piece
                client.settimeout(0.02)
        except OSError:
            pass
    return answer
