"""An application that is as strict with browsers as one can be: SameSite=Strict session, `form-action 'self'`, CSRF tokens.

    python strict_app.py PORT JOURNAL

Whoever logs in is believed. Each entry that is written is one line of the file JOURNAL. A request without its session
cookie gets the log-in page, so that a way back on which the browser keeps the cookie to itself does not go unnoticed.
"""

from __future__ import annotations

import html
import secrets
import sys
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

COOKIE = "ledger_session"
POLICY = "default-src 'self'; form-action 'self'; frame-ancestors 'none'"

LOG_IN = '<form method=post action=/login><label>Name <input name=user></label><button>Log in</button></form>'


class Ledger(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sessions: dict[str, tuple[str, str]] = {}
    journal = Path(sys.argv[2])

    def do_GET(self) -> None:
        user, csrf = self._who()
        if self.path == "/whoami":
            self._answer(200 if user else 401, "", {"X-User": user} if user else {})
        elif not user:
            self._answer(200, f"<h1>Please log in</h1>{LOG_IN}")
        else:
            lines = "".join(f"<li>{html.escape(line)}</li>" for line in self._lines())
            form = (
                f'<form method=post action=/entries><input type=hidden name=csrf value="{csrf}">'
                "<label>Text <input name=text required></label><button>Write</button></form>"
            )
            self._answer(200, f"<h1>Ledger of {html.escape(user)}</h1><ol>{lines}</ol>{form}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        user, csrf = self._who()
        if self.path == "/login":
            session = secrets.token_urlsafe(16)
            self.sessions[session] = (fields.get("user", ""), secrets.token_urlsafe(16))
            cookie = f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict"
            self._answer(303, "", {"Location": "/", "Set-Cookie": cookie})
        elif not user:
            self._answer(403, "<h1>The session cookie did not come along</h1>")
        elif not secrets.compare_digest(fields.get("csrf", ""), csrf):
            self._answer(403, "<h1>The token is not yours</h1>")
        else:
            with self.journal.open("a") as journal:
                journal.write(f"{user}: {fields.get('text', '')}\n")
            self._answer(200, f"<h1>Written</h1><p>Entry {len(self._lines())}</p><a href=/>Ledger</a>")

    def _who(self) -> tuple[str, str]:
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        return self.sessions.get(cookie.value, ("", "")) if cookie else ("", "")

    def _lines(self) -> list[str]:
        return self.journal.read_text().splitlines() if self.journal.exists() else []

    def _answer(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        content = f"<!doctype html><title>Ledger</title>{body}".encode()
        self.send_response(status)
        fixed = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(content)), "Content-Security-Policy": POLICY}
        for name, value in {**fixed, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Ledger).serve_forever()
