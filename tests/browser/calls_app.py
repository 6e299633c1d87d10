"""An application whose pages call it by script, and that knows nothing of any gateway.

    python calls_app.py PORT JOURNAL FOLDER

`/act` and `/put/...` carry out what they are asked by any method, and write one line of JSON into the file JOURNAL for each time. `/page` is an
empty page; its query sets response headers (`?header=Name: value`). What is in FOLDER is served under `/files/`.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css"}
WRITING = threading.Lock()
# A service worker through which all requests of the pages go.
WORKER = """addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => event.respondWith(fetch(event.request)));"""


class Calls(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    journal = Path(sys.argv[2])
    folder = Path(sys.argv[3])

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qsl(urlsplit(self.path).query)
        if path == "/whoami":
            self._answer(200, b"", {"X-User": "alice"})
        elif path == "/page":
            more = dict(value.split(": ", 1) for name, value in query if name == "header")
            head = dict(query).get("head", "")
            page = f"<!doctype html><html lang=en><head><meta charset=utf-8>{head}<title>Calls</title></head><body><h1>Calls</h1></body></html>"
            self._answer(200, page.encode(), {"Content-Type": TYPES[".html"], "Set-Cookie": "calls_session=alice; Path=/", **more})
        elif path == "/act":
            self._act()
        elif path == "/worker.js":
            self._answer(200, WORKER.encode(), {"Content-Type": TYPES[".js"]})
        elif path.startswith("/files/"):
            file = (self.folder / path.removeprefix("/files/")).resolve()
            if self.folder.resolve() in file.parents and file.is_file():
                self._answer(200, file.read_bytes(), {"Content-Type": TYPES.get(file.suffix, "application/octet-stream")})
            else:
                self._answer(404, b"")
        else:
            self._answer(200, b"{}", {"Content-Type": "application/json"})

    def do_POST(self) -> None:
        self._act()

    do_PUT = do_DELETE = do_POST

    def _act(self) -> None:
        body = self._body()
        entry = {
            "method": self.command, "path": self.path, "type": self.headers.get("Content-Type"), "length": len(body),
            "sha256": hashlib.sha256(body).hexdigest(), "own": self.headers.get("X-Own"),
        }
        with WRITING, self.journal.open("a") as journal:
            journal.write(json.dumps(entry) + "\n")
        status = int(dict(parse_qsl(urlsplit(self.path).query)).get("status", 200))
        self._answer(status, json.dumps({"done": entry}).encode(), {"Content-Type": "application/json", "X-Done": "yes"})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Calls).serve_forever()
