"""The browser tests: real programs, real sockets, Debian's Chromium without a window, driven by Playwright (and Firefox: firefox.py).

All of them:      make browser
One file, test:   make browser T=test_django_admin.py      make browser T=test_django_admin.py::test_delete_a_user
By hand:          tests/browser/.venv/bin/python -m pytest tests/browser -k delete -s
With screenshots: COUNTERSIGN_SHOTS=/tmp/shots make browser      (each at 1280x900, 360x800 and dark)

The gateway is the binary in COUNTERSIGN_BIN, else the debug build in CARGO_TARGET_DIR or target/.
Every test gets a browser profile of its own; `new_context` makes further ones, for another person or another computer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from calls import Calls
from demo import Demo
from django_site import DjangoSite
from gateway import HERE, Gateway
from postbox import PostOffice
from servers import Server, free_port

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# As root Chromium needs --no-sandbox; the rest keeps it from looking for hosts that have nothing to do with the test.
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A busy machine takes its time; what is right is right at once.
expect.set_options(timeout=15_000)
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 800}


@pytest.fixture(scope="session")
def countersign_bin() -> Path:
    """The gateway's binary. A missing one fails the test: it is never skipped."""
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    path = Path(os.environ.get("COUNTERSIGN_BIN") or target / "debug" / "countersign")
    assert path.is_file(), f"{path} is missing: run `cargo build --locked` or set COUNTERSIGN_BIN"
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGS)
        yield browser
        browser.close()


def fresh_context(chromium: Browser, **options) -> BrowserContext:
    context = chromium.new_context(**{"viewport": DESKTOP, "locale": "en-GB", **options})
    context.set_default_timeout(15_000)
    return context


def tell_of_failure(node: pytest.Item, context: BrowserContext, number: int = 0) -> None:
    """Where the test has failed: what each of the profile's pages shows."""
    for page in context.pages if getattr(node, "failed", False) else []:
        print(f"open page: {page.url}\n{page.inner_text('body')[:2000]}")
        if folder := os.environ.get("COUNTERSIGN_SHOTS"):
            page.screenshot(path=Path(folder) / f"FAILED-{node.name}-{number}.png", full_page=True)


@pytest.fixture
def new_context(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., BrowserContext]]:
    """Makes fresh profiles (Playwright's context options as keywords). A failed test leaves a picture of every page."""
    contexts: list[BrowserContext] = []

    def make(**options) -> BrowserContext:
        contexts.append(fresh_context(chromium, **options))
        return contexts[-1]

    yield make
    for number, context in enumerate(contexts):
        tell_of_failure(request.node, context, number)
        context.close()


@pytest.fixture(scope="module")
def lasting_context(chromium: Browser) -> Iterator[BrowserContext]:
    """One profile for all tests of a file: whoever is signed in stays so."""
    context = fresh_context(chromium)
    yield context
    context.close()


@pytest.fixture
def lasting_page(lasting_context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of the lasting profile."""
    page = lasting_context.new_page()
    yield page
    tell_of_failure(request.node, lasting_context)
    page.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context().new_page()


@pytest.fixture(scope="session")
def shots() -> Callable[[Page, str], None]:
    """`shots(page, "prompt")` saves prompt.desktop.png, prompt.phone.png and prompt.dark.png into $COUNTERSIGN_SHOTS."""

    def save(page: Page, name: str) -> None:
        folder = os.environ.get("COUNTERSIGN_SHOTS")
        if not folder:
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        before = page.viewport_size
        for variant, size, scheme in [
            ("phone", PHONE, "light"),
            ("dark", DESKTOP, "dark"),
            ("desktop", DESKTOP, "light"),
        ]:
            page.set_viewport_size(size)
            # Without motion: a picture in the middle of a transition is of no state at all.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(path=Path(folder) / f"{name}.{variant}.png", full_page=True)
        if before:
            page.set_viewport_size(before)

    return save


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`start("gateway", [binary, "serve", ...])` runs a program until the test ends; its output is in NAME.log."""
    running: list[Server] = []

    def run(name: str, argv: list[str | Path], **options) -> Server:
        options = {"cwd": tmp_path, "log": tmp_path / f"{name}.log", **options}
        running.append(Server(argv, **options))
        return running[-1]

    yield run
    for server in reversed(running):
        server.stop()


@pytest.fixture(scope="session")
def django_template(tmp_path_factory: pytest.TempPathFactory) -> DjangoSite:
    return DjangoSite.create(tmp_path_factory.mktemp("django") / "site")


@pytest.fixture
def django(django_template: DjangoSite, tmp_path: Path) -> Iterator[DjangoSite]:
    """A running stock Django site with a database of its own."""
    site = django_template.copy_to(tmp_path / "django").start()
    yield site
    site.stop()


@pytest.fixture(scope="session")
def post_office() -> Iterator[PostOffice]:
    """Where the gateway in front of Django sends mail and text messages."""
    office = PostOffice()
    yield office
    office.stop()


@pytest.fixture
def office(countersign_bin: Path, django: DjangoSite, post_office: PostOffice, tmp_path: Path) -> Iterator[Gateway]:
    """The gateway, configured and not yet started, in front of the stock Django site."""
    gateway = django_gateway(countersign_bin, tmp_path / "gateway", django, post_office)
    yield gateway
    gateway.stop()


@pytest.fixture(scope="module")
def calls_site(countersign_bin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    """An application whose pages call it by script, behind a gateway, and its one user."""
    root = tmp_path_factory.mktemp("calls")
    port, journal = free_port(), root / "journal"
    argv = [sys.executable, HERE / "calls_app.py", str(port), journal, HERE / "node_modules"]
    app = Server(argv, cwd=root, log=root / "app.log").wait_for_port(port)
    gateway = Gateway(countersign_bin, root / "gateway", "calls", upstream=f"http://127.0.0.1:{port}")
    gateway.command("check")
    phone = gateway.add_user("alice")
    code = gateway.emergency_code("alice", "--uses", "500")
    gateway.start()
    yield Calls(gateway, journal, phone, code)
    gateway.stop()
    app.stop()


@pytest.fixture
def calls(calls_site: Calls) -> Calls:
    """The same for each test of a module, with an empty journal."""
    calls_site.journal.write_text("")
    return calls_site


def django_gateway(binary: Path, root: Path, site: DjangoSite, post: PostOffice) -> Gateway:
    return Gateway(binary, root, "django", upstream=site.url, mail=post.mail, sms=post.sms)


@pytest.fixture
def demo(countersign_bin: Path, tmp_path: Path) -> Iterator[Demo]:
    """A demonstration of the test's own: nothing was carried out yet, and no code was used."""
    demo = Demo(countersign_bin, tmp_path / "demo")
    yield demo
    demo.stop()


@dataclass(frozen=True)
class Sent:
    """One request as the browser sent it: header names in lower case, form fields in their order."""

    method: str
    path: str
    headers: dict[str, str]
    fields: list[tuple[str, str]]


class Traffic:
    """What a page has asked since it was attached."""

    def __init__(self, page: Page):
        self._seen: list[Request] = []
        page.on("request", lambda request: self._seen.append(request))

    def sent(self, method: str) -> list[Sent]:
        return [self._read(request) for request in self._seen if request.method == method]

    @staticmethod
    def _read(request: Request) -> Sent:
        url = urlsplit(request.url)
        headers = request.all_headers()
        fields = []
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            fields = parse_qsl(request.post_data or "", keep_blank_values=True)
        return Sent(request.method, url.path + (f"?{url.query}" if url.query else ""), headers, fields)


@pytest.fixture
def traffic(page: Page) -> Traffic:
    return Traffic(page)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    item.failed = getattr(item, "failed", False) or report.failed
    return report
