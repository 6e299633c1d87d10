#!/usr/bin/env python3
"""Contenders in rotation, in one run: proxies on one core, the load and the application on another. `make versus` runs it.

Printed are medians over the rounds, and for comparisons the median (and the range) of the ratios of one round each: what else the
machine does in a round, it does to all of that round. CPU is utime and stime of a contender's processes from /proc, by wrk's count
of requests; what a contender asks on the side (the authentication service of `auth_request` and `ForwardAuth`) counts as its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROXY_CORE, LOAD_CORE = 0, 1
CONNECTIONS = 64
TICK = os.sysconf("SC_CLK_TCK")
HOST = "bench.test"
SESSION = "0123456789abcdef0123456789abcdef"
# As a browser asks.
FIELDS = [
    f"Host: {HOST}",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept: application/json, text/plain, */*",
    "Accept-Language: de-CH,de;q=0.9,en;q=0.8",
    "Accept-Encoding: gzip, deflate, br",
    f"Cookie: sessionid={SESSION}; theme=dark",
    "Referer: http://bench.test/items",
]
SHAPES = ["/section{N}/{id}/delete", "/{tenant}/orders{N}/{id}", "/**/name{N}", "/api/**/x{N}/**/drop", "/one/path{N}"]

NGINX = """\
daemon off;
worker_processes 1;
pid $root/nginx.pid;
error_log $root/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path $root/body; proxy_temp_path $root/proxy; fastcgi_temp_path $root/f; uwsgi_temp_path $root/u; scgi_temp_path $root/s;
  $http
}
"""

PROXYING = """\
  upstream app { server 127.0.0.1:$app; keepalive 128; keepalive_requests 1000000000; }
  upstream auth { server 127.0.0.1:$auth; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:$port;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location / {
      $ask
      proxy_pass http://app;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $host;
    }
    location = /_auth {
      internal;
      proxy_pass http://auth;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }
  }
"""

HAPROXY = """\
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend front
  bind 127.0.0.1:$port
  default_backend app
backend app
  server app 127.0.0.1:$app
"""

TRAEFIK = """\
http:
  routers:
    app: { rule: "PathPrefix(`/`)", service: app, middlewares: [auth] }
  middlewares:
    auth: { forwardAuth: { address: "http://127.0.0.1:$auth/" } }
  services:
    app: { loadBalancer: { servers: [ { url: "http://127.0.0.1:$app" } ] } }
"""

COUNTERSIGN = """\
policies = "policies"
[server]
http = ["127.0.0.1:$port"]
admin = "127.0.0.1:$admin"
data_dir = "data"
[portal]
url = "http://approve.localhost:$portal"
listen = "127.0.0.1:$portal"
[[app]]
name = "bench"
hosts = ["bench.test"]
upstream = "http://127.0.0.1:$app"
[app.identity]
source = "whoami"
path = "/whoami"
user = { json = "/name" }
groups = { json = "/groups" }
session = ["sessionid"]
# So that there is a policy: without any, the gateway does not start.
[[app]]
name = "other"
hosts = ["other.test"]
upstream = "http://127.0.0.1:$app"
[app.identity]
source = "whoami"
path = "/whoami"
user = { json = "/name" }
session = ["sessionid"]
"""


def fill(text: str, **values) -> str:
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"${name}", str(values[name]))
    return text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A program on one core, whose output goes to a file. Stopped by its process."""

    def __init__(self, argv: list, root: Path, core: int, port: int):
        self.log = root / "log"
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(core), *map(str, argv)], cwd=root, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        deadline = time.monotonic() + 60
        while True:
            if self.process.poll() is not None:
                sys.exit(f"{argv[0]} ended:\n{self.log.read_text(errors='replace')}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if time.monotonic() > deadline:
                sys.exit(f"{argv[0]} does not listen:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.05)

    def ticks(self) -> int:
        """CPU time of the process and its children so far."""
        total, family = 0, {self.process.pid}
        for entry in sorted((int(name) for name in os.listdir("/proc") if name.isdigit())):
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if entry in family or int(fields[1]) in family:
                family.add(entry)
                total += int(fields[11]) + int(fields[12])
        return total

    def rss(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) // 1024

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Contender:
    def __init__(self, name: str, port: int, programs: list[Program]):
        self.name, self.port, self.programs = name, port, programs
        self.rates: list[float] = []
        self.cpu: list[float] = []
        self.p50: list[float] = []
        self.p99: list[float] = []

    def ticks(self) -> int:
        return sum(program.ticks() for program in self.programs)

    def load(self, seconds: int) -> tuple[float, float]:
        """Requests a second, and microseconds of CPU for each."""
        headers = [part for field in FIELDS for part in ("-H", field)]
        before = self.ticks()
        out = subprocess.run(
            ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *headers, f"http://127.0.0.1:{self.port}/item/1"],
            capture_output=True, text=True, check=True,
        ).stdout
        used = self.ticks() - before
        if "Non-2xx" in out or "Socket errors" in out:
            sys.exit(f"{self.name}: requests failed\n{out}")
        count = int(next(line for line in out.splitlines() if " requests in " in line).split()[0])
        rate = float(next(line for line in out.splitlines() if line.startswith("Requests/sec")).split()[1])
        return rate, used / TICK / count * 1e6

    def at_rate(self, client: Path, rate: int, seconds: int) -> tuple[float, float]:
        out = subprocess.run(
            ["taskset", "-c", str(LOAD_CORE), client, f"127.0.0.1:{self.port}", str(rate), str(seconds), *FIELDS],
            capture_output=True, text=True,
        )
        if out.returncode != 0:
            sys.exit(f"{self.name}: {out.stderr}")
        p50, p99 = out.stdout.split()
        return float(p50), float(p99)


class Field:
    """All contenders, started."""

    def __init__(self, bins: Path, root: Path, wanted: list[str]):
        self.bins, self.root = bins, root
        self.programs: list[Program] = []
        try:
            self.app = free_port()
            body = json.dumps({"items": [{"id": n, "name": f"item {n}", "price": n * 100} for n in range(23)]})[:1022]
            app = (
                f"server {{ listen 127.0.0.1:{self.app}; default_type application/json; location / {{ return 200 '{body}'; }} "
                'location = /whoami { return 200 \'{"name":"alice","groups":["staff"]}\'; } }'
            )
            self.run("application", self.nginx(app), LOAD_CORE, self.app)
            self.auth = free_port()
            self.auth_program = None
            makers = self.makers()
            unknown = [name for name in wanted if name not in makers]
            if unknown:
                sys.exit(f"no such contender: {', '.join(unknown)}; there are {', '.join(makers)}")
            self.contenders = [makers[name](name) for name in makers if name in wanted or not wanted]
        except BaseException:
            self.stop()
            raise

    def makers(self):
        return {
            "nginx": lambda name: self.nginx_proxy(name, ""),
            "nginx + auth_request": lambda name: self.nginx_proxy(name, "auth_request /_auth;"),
            "HAProxy": self.haproxy,
            "Traefik + ForwardAuth": self.traefik,
            "bare Pingora": self.bare,
            "Countersign, no policies": lambda name: self.countersign(name, 0, False),
            "Countersign, 100 policies": lambda name: self.countersign(name, 100, False),
            "Countersign, 10,000 policies": lambda name: self.countersign(name, 10_000, False),
            "Countersign, user asked": lambda name: self.countersign(name, 100, True),
        }

    def folder(self, name: str) -> Path:
        folder = self.root / "".join(letter for letter in name if letter.isalnum())
        folder.mkdir(exist_ok=True)
        return folder

    def run(self, name: str, argv_of, core: int, port: int) -> Program:
        folder = self.folder(name)
        program = Program(argv_of(folder), folder, core, port)
        self.programs.append(program)
        return program

    def nginx(self, http: str):
        def argv(folder: Path):
            (folder / "nginx.conf").write_text(fill(NGINX, root=folder, http=http))
            return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]
        return argv

    def asked(self) -> Program:
        """The authentication service; what it uses is counted while its contender runs, and only one runs at a time."""
        if self.auth_program is None:
            argv = [self.bins / "examples/auth", f"127.0.0.1:{self.auth}"]
            self.auth_program = self.run("auth", lambda _folder: argv, PROXY_CORE, self.auth)
        return self.auth_program

    def nginx_proxy(self, name: str, ask: str) -> Contender:
        port = free_port()
        http = PROXYING.replace("$ask", ask).replace("$port", str(port)).replace("$app", str(self.app)).replace("$auth", str(self.auth))
        programs = [self.asked()] if ask else []
        return Contender(name, port, [self.run(name, self.nginx(http), PROXY_CORE, port), *programs])

    def haproxy(self, name: str) -> Contender:
        port = free_port()

        def argv(folder: Path):
            (folder / "haproxy.cfg").write_text(fill(HAPROXY, port=port, app=self.app))
            return [shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", folder / "haproxy.cfg"]
        return Contender(name, port, [self.run(name, argv, PROXY_CORE, port)])

    def traefik(self, name: str) -> Contender:
        port = free_port()
        program = shutil.which("traefik") or Path(sys.executable).parent / "traefik"

        def argv(folder: Path):
            (folder / "dynamic.yml").write_text(fill(TRAEFIK, app=self.app, auth=self.auth))
            return [program, f"--entryPoints.web.address=127.0.0.1:{port}", f"--providers.file.filename={folder}/dynamic.yml",
                    "--log.level=ERROR", "--global.checkNewVersion=false", "--global.sendAnonymousUsage=false"]
        auth = self.asked()
        return Contender(name, port, [self.run(name, argv, PROXY_CORE, port), auth])

    def bare(self, name: str) -> Contender:
        port = free_port()
        argv = [self.bins / "examples/bare", f"127.0.0.1:{port}", f"127.0.0.1:{self.app}"]
        return Contender(name, port, [self.run(name, lambda _folder: argv, PROXY_CORE, port)])

    def countersign(self, name: str, policies: int, asks: bool) -> Contender:
        port, admin, portal = free_port(), free_port(), free_port()

        def argv(folder: Path):
            (folder / "policies").mkdir()
            text = 'app = "bench"\n'
            for number in range(policies):
                path = SHAPES[number % len(SHAPES)].replace("{N}", str(number))
                text += policy(f"p{number}", f'methods = ["GET", "POST"], path = "{path}"')
            if asks:
                text += policy("items", 'methods = ["GET"], path = "/item/**"', 'unless = \'"staff" in user.groups\'\n')
            (folder / "policies/other.toml").write_text('app = "other"\n' + policy("other", 'methods = ["POST"], path = "/"'))
            if policies:
                (folder / "policies/bench.toml").write_text(text)
            (folder / "countersign.toml").write_text(fill(COUNTERSIGN, port=port, admin=admin, portal=portal, app=self.app))
            return [self.bins / "countersign", "serve", "--config", folder / "countersign.toml"]
        return Contender(name, port, [self.run(name, argv, PROXY_CORE, port)])

    def stop(self):
        for program in reversed(self.programs):
            program.stop()


def policy(name: str, match: str, more: str = "") -> str:
    return f'[[policy]]\nid = "{name}"\nmatch = {{ {match} }}\n{more}summary = "Change {{= path}}"\n[policy.approve]\nsteps = [{{ self = ["totp"] }}]\n'


def ratios(of: list[float], to: list[float]) -> list[float]:
    return [one / other for one, other in zip(of, to) if other]


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})" if values else "-"


def machine() -> str:
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "?")
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bins", type=Path, required=True, help="the folder with countersign and examples/")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rate", type=int, default=1000, help="requests a second of the latency rounds")
    parser.add_argument("--rate-seconds", type=int, default=4, help="0: no latency rounds")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this contender, and others so named")
    parser.add_argument("--json", type=Path, help="write the figures of each round there as well")
    args = parser.parse_args()
    if len(os.sched_getaffinity(0) & {PROXY_CORE, LOAD_CORE}) < 2:
        sys.exit("two cores are needed: one for the proxies, one for the load")
    with tempfile.TemporaryDirectory(prefix="versus") as root:
        field = Field(args.bins.resolve(), Path(root), args.only)
        try:
            measure(field.contenders, field, args)
        finally:
            field.stop()
    report(field.contenders, args)


def measure(contenders: list[Contender], field: Field, args):
    for contender in contenders:
        contender.load(1)
    for turn in range(args.rounds):
        for contender in contenders[turn % len(contenders):] + contenders[:turn % len(contenders)]:
            rate, cpu = contender.load(args.seconds)
            contender.rates.append(rate)
            contender.cpu.append(cpu)
            if args.rate_seconds:
                p50, p99 = contender.at_rate(field.bins / "examples/rate", args.rate, args.rate_seconds)
                contender.p50.append(p50)
                contender.p99.append(p99)
        print(f"round {turn + 1} of {args.rounds}", file=sys.stderr)
    for contender in contenders:
        contender.memory = contender.programs[0].rss()


def report(contenders: list[Contender], args):
    by_name = {contender.name: contender for contender in contenders}
    bare, asked, traefik = (by_name.get(name) for name in ("bare Pingora", "nginx + auth_request", "Traefik + ForwardAuth"))
    print(f"\n{machine()}; {args.rounds} rounds of {args.seconds} s, {CONNECTIONS} connections, answers of 1 KiB\n")
    print("| | requests/s | CPU µs/request | rate to bare Pingora's | CPU to nginx + auth_request's | rate to Traefik's |")
    print("|---|---|---|---|---|---|")
    for one in contenders:
        cells = [
            f"{statistics.median(one.rates):,.0f}", f"{statistics.median(one.cpu):.1f}",
            spread(ratios(one.rates, bare.rates)) if bare else "-",
            spread(ratios(one.cpu, asked.cpu)) if asked else "-",
            spread(ratios(one.rates, traefik.rates)) if traefik else "-",
        ]
        print(f"| {one.name} | {' | '.join(cells)} |")
    if args.rate_seconds:
        print(f"\nAt {args.rate:,} requests a second, in µs since a request was due:\n")
        print("| | p50 | p99 | p50 above bare Pingora's |")
        print("|---|---|---|---|")
        for one in contenders:
            added = [mine - its for mine, its in zip(one.p50, bare.p50)] if bare else []
            above = f"{statistics.median(added):.0f} ({min(added):.0f} to {max(added):.0f})" if added else "-"
            print(f"| {one.name} | {statistics.median(one.p50):.0f} | {statistics.median(one.p99):.0f} | {above} |")
    if args.json:
        figures = {one.name: {"rate": one.rates, "cpu": one.cpu, "p50": one.p50, "p99": one.p99, "rss_mib": one.memory} for one in contenders}
        args.json.write_text(json.dumps({"machine": machine(), "figures": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
