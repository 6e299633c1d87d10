"""The demonstration as a newcomer starts it: `countersign demo`, its printed welcome, and the seeds in its folder."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

from postbox import Postbox, letters_of_page
from servers import Server, plain_env
from totp import Authenticator


class Demo:
    """A running demonstration on ports of its own. Its users are alice, bob and carol; the password is the name."""

    def __init__(self, binary: Path, root: Path):
        root.mkdir(parents=True)
        self.data, self._binary = root / "demo", binary
        argv = [binary, "demo", "--listen", "127.0.0.1:0", "--data", self.data]
        self.server = Server(argv, cwd=root, log=root / "demo.log").wait_for_text("Ctrl-C to end.")
        self.welcome = self.server.output()
        self.url = self._printed(r"The bank +(http://\S+)")
        self.portal = self._printed(r"The portal +(http://\S+)")
        self.postbox = Postbox(letters_of_page(self._printed(r"The mailbox +(http://\S+)")))
        self.emergency_code = self._printed(r"emergency access code \(3 uses, 24 hours\): +(\S+)")
        seeds = json.loads((self.data / "data" / "demo-seeds.json").read_text())
        self.phones = {name: Authenticator(self._seed(uri)) for name, uri in seeds}
        self._carol: urllib.request.OpenerDirector | None = None

    def stop(self) -> None:
        self.server.stop()

    def journal(self, action: str | None = None) -> list[dict]:
        """What the bank carried out since its start, oldest first, as its administrator reads it."""
        if not self._carol:
            # The machine's proxy settings are not for 127.0.0.1.
            cookies = urllib.request.HTTPCookieProcessor(CookieJar())
            self._carol = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
            form = urllib.parse.urlencode({"user": "carol", "password": "carol"}).encode()
            self._carol.open(f"{self.url}/login", form, timeout=10).close()
        with self._carol.open(f"{self.url}/journal.json", timeout=10) as answer:
            entries = json.load(answer)["entries"]
        return [entry for entry in entries if action is None or entry["action"] == action]

    def command(self, *args: str, given: str = "", code: int = 0) -> str:
        """Runs one of the gateway's commands against the running demonstration, with `given` on its standard input."""
        done = subprocess.run(
            [self._binary, *args, "--config", self.data / "countersign.toml"],
            env=plain_env(), input=given, capture_output=True, text=True, timeout=60,
        )
        assert done.returncode == code, f"countersign {' '.join(args)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _printed(self, pattern: str) -> str:
        found = re.search(pattern, self.welcome)
        assert found, f"the welcome says nothing like {pattern}\n{self.welcome}"
        return found.group(1)

    @staticmethod
    def _seed(uri: str) -> str:
        return urllib.parse.parse_qs(urllib.parse.urlsplit(uri).query)["secret"][0]
