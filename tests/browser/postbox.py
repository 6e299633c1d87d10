"""What was sent: read off the demonstration's own page, or taken by a mail server and a text message gateway of the tests' own."""

from __future__ import annotations

import html
import re
import socketserver
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from servers import wait_until


@dataclass(frozen=True)
class Letter:
    """One message: `subject` is empty in a text message, `text` is the plain part of a mail."""

    to: str
    subject: str
    text: str


class Postbox:
    """All that came, the oldest first."""

    def __init__(self, letters: Callable[[], list[Letter]]):
        self.letters = letters

    def after(self, to: str, do: Callable[[], None]) -> tuple[str, Letter]:
        """Does something that sends a code there; the code, and the message it came in."""
        before = len(self._coded(to))
        do()
        wait_until(lambda: len(self._coded(to)) > before)
        return self._coded(to)[-1]

    def _coded(self, to: str) -> list[tuple[str, Letter]]:
        found = [(re.search(r"(?<![\w+])\d{8}(?!\w)", letter.text), letter) for letter in self.letters() if letter.to == to]
        return [(code.group(), letter) for code, letter in found if code]


def letters_of_page(url: str) -> Callable[[], list[Letter]]:
    """The page of the demonstration, which shows the newest first."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def read() -> list[Letter]:
        with opener.open(url, timeout=10) as answer:
            page = answer.read().decode()
        shown = re.findall(r"<h2>[\w\- ]+ to (.*?)</h2><p><strong>(.*?)</strong></p><pre>(.*?)</pre>", page, re.DOTALL)
        return [Letter(*map(html.unescape, one)) for one in reversed(shown)]

    return read


class PostOffice:
    """A mail server and a text message gateway on free ports; they deliver nothing and keep everything."""

    def __init__(self):
        self._letters: list[Letter] = []
        self.postbox = Postbox(lambda: list(self._letters))
        keep = self._letters.append

        class Mail(socketserver.StreamRequestHandler):
            """The least of RFC 5321 that a sending server needs."""

            def handle(self) -> None:
                self._say("220 post ESMTP")
                to = ""
                for line in self.rfile:
                    verb = line[:4].upper()
                    if verb == b"EHLO":
                        self._say("250-post\r\n250 8BITMIME")
                    elif verb == b"RCPT":
                        to = re.search(rb"<(.*?)>", line)[1].decode()
                        self._say("250 ok")
                    elif verb == b"DATA":
                        self._say("354 go on")
                        self._keep(to)
                        self._say("250 kept")
                    elif verb == b"QUIT":
                        return self._say("221 bye")
                    else:
                        self._say("250 ok")

            def _keep(self, to: str) -> None:
                lines = []
                while (line := self.rfile.readline()).rstrip(b"\r\n") != b".":
                    lines.append(line.removeprefix(b"."))
                mail = message_from_bytes(b"".join(lines), policy=policy.default)
                keep(Letter(to, mail["subject"], mail.get_body(("plain",)).get_content()))

            def _say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        class Sms(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                keep(Letter(form["to"], "", form["text"]))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_) -> None:
                """Nothing: what came is what there is to know."""

        socketserver.ThreadingTCPServer.daemon_threads = True
        self._servers = [socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail), ThreadingHTTPServer(("127.0.0.1", 0), Sms)]
        self.mail, self.sms = (f"127.0.0.1:{server.server_address[1]}" for server in self._servers)
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
