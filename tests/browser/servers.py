"""Starts and stops the programs a test needs, on free ports of 127.0.0.1.

Nothing here waits a fixed time: readiness is polled until a deadline, and a program that ends early fails the test with
its own words. Programs are stopped by their process, never by name.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Callable

_given: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago and is given out once per run."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def plain_env(**extra: str) -> dict[str, str]:
    """An environment with nothing in it that a developer's shell may have set for this project."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", **extra}


def wait_until(true: Callable[[], bool], seconds: float = 15) -> None:
    """Asks again and again until a deadline, for what no page and no program announces."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.05)


class Server:
    """A running program whose output goes to a file."""

    def __init__(self, argv: list[str | Path], *, cwd: Path, log: Path, env: dict[str, str] | None = None):
        self.log = log
        self._name = Path(argv[0]).name
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [str(arg) for arg in argv], cwd=cwd, env=env or plain_env(), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    def wait_for_port(self, port: int, seconds: float = 30) -> "Server":
        def open_port() -> bool:
            with socket.socket() as probe:
                probe.settimeout(1)
                return probe.connect_ex(("127.0.0.1", port)) == 0

        return self._wait(open_port, f"port {port}", seconds)

    def wait_for_ok(self, url: str, seconds: float = 30) -> "Server":
        def ok() -> bool:
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    return answer.status == 200
            except (OSError, urllib.error.URLError):
                return False

        return self._wait(ok, url, seconds)

    def wait_for_text(self, text: str, seconds: float = 30) -> "Server":
        return self._wait(lambda: text in self.output(), f"`{text}` in the output", seconds)

    def stop(self, seconds: float = 15) -> int:
        """Asks the program to end (SIGTERM) and returns its exit code; one that does not end is killed and the test fails."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self._name} did not end within {seconds} s of SIGTERM\n{self.tail()}") from None
        return self._process.returncode

    def kill(self) -> None:
        """SIGKILL: the program gets no chance to tidy up."""
        self._process.kill()
        self._process.wait()

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self.output().splitlines()[-lines:])

    def _wait(self, ready: Callable[[], bool], what: str, seconds: float) -> "Server":
        deadline = time.monotonic() + seconds
        while not ready():
            try:
                code = self._process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
                self.kill()
                raise AssertionError(f"{self._name}: {what} not ready after {seconds} s\n{self.tail()}") from None
            raise AssertionError(f"{self._name} ended with {code} before {what} was ready\n{self.tail()}")
        return self
