"""Real single-page applications, unchanged, whose guarded calls are approved in their pages: Node-RED and JupyterLab."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocket, expect

from calls import asked, by_code, gone
from gateway import HERE, Gateway
from servers import Server, free_port, plain_env, wait_until


class Sockets:
    """The web sockets of a page, and how many messages came on those that are open."""

    def __init__(self, page: Page):
        self.open: list[WebSocket] = []
        self.came = 0
        self._page = page
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self.open.append(socket)
        socket.on("framereceived", lambda _: setattr(self, "came", self.came + 1))
        socket.on("close", lambda closed: self.open.remove(closed))

    def wait(self, true: Callable[[], bool]) -> None:
        """What is told of web sockets is told while something is asked of the page."""
        wait_until(lambda: self._page.evaluate("true") and true(), 30)


@pytest.fixture
def node_red_app(start: Callable[..., Server], tmp_path: Path) -> tuple[str, Path]:
    """Its URL, and its folder."""
    port, home = free_port(), tmp_path / "node-red"
    home.mkdir()
    shutil.copy(HERE / "node_red" / "settings.js", home)
    (home / "node_modules").symlink_to(HERE / "node_modules")
    argv = ["node", HERE / "node_modules/node-red/red.js", "--userDir", home, "--settings", home / "settings.js"]
    start("node-red", argv, env=plain_env(PORT=str(port))).wait_for_text("Started flows")
    return f"http://127.0.0.1:{port}", home


@pytest.fixture
def node_red(countersign_bin: Path, node_red_app: tuple[str, Path], tmp_path: Path):
    upstream, home = node_red_app
    gateway = Gateway(countersign_bin, tmp_path / "gateway", "node_red", upstream=upstream)
    gateway.command("check")
    phone = gateway.add_user("alice")
    gateway.start()
    yield gateway, phone, home
    gateway.stop()


def test_node_red(node_red, page: Page, shots):
    """Its editor calls by jQuery with a bearer token, and hears what happens on a web socket."""
    gateway, phone, home = node_red
    sockets = Sockets(page)
    page.goto(gateway.url)
    page.locator("#node-dialog-login-username").fill("alice")
    page.locator("#node-dialog-login-password").fill("alice")
    page.locator("#node-dialog-login-submit").click()
    deploy = page.locator("#red-ui-header-button-deploy")
    expect(page.get_by_text("inject", exact=True).first).to_be_visible()
    # A node, as a script of the editor would add it.
    page.evaluate("RED.nodes.import([{ id: 'a1b2c3d4e5f60718', type: 'comment', name: 'Pay', x: 200, y: 200, z: RED.workspaces.active() }], { generateIds: false }); RED.nodes.dirty(true);")
    sockets.wait(lambda: len(sockets.open) == 1)
    deploy.click()
    asked(page)
    shots(page, "agent-node-red")
    flows = home / "flows.json"
    assert not flows.exists()
    by_code(page, phone)
    gone(page)
    expect(page.locator(".red-ui-notification")).to_contain_text("Successfully deployed")
    assert "Pay" in [node.get("name") for node in json.loads(flows.read_text())]
    assert len(sockets.open) == 1, "the editor's web socket was disturbed"


@pytest.fixture
def jupyter(countersign_bin: Path, start: Callable[..., Server], tmp_path: Path):
    port, home = free_port(), tmp_path / "files"
    home.mkdir()
    (home / "payroll.txt").write_text("1000\n")
    options = {"ip": "127.0.0.1", "port": port, "root_dir": home, "open_browser": False, "port_retries": 0}
    argv = [sys.executable, "-m", "jupyterlab", *(f"--ServerApp.{name}={value}" for name, value in options.items())]
    # The gateway's users are signed in by what stands in front of it; Jupyter believes everybody who reaches it.
    argv += ["--IdentityProvider.token=", "--ServerApp.allow_root=True", "--FileContentsManager.delete_to_trash=False", "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    state = {f"JUPYTER_{name}_DIR": str(tmp_path / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    start("jupyter", argv, env=plain_env(**state, JUPYTERLAB_SETTINGS_DIR=str(tmp_path / "settings"), JUPYTERLAB_WORKSPACES_DIR=str(tmp_path / "work"))).wait_for_port(port)
    gateway = Gateway(countersign_bin, tmp_path / "gateway", "jupyter", upstream=f"http://127.0.0.1:{port}")
    gateway.command("check")
    phone = gateway.add_user("alice")
    gateway.start()
    yield gateway, phone, home
    gateway.stop()


def test_jupyterlab(jupyter, new_context, shots):
    """It calls by fetch, and a kernel computes on a web socket while a call waits for its approval."""
    gateway, phone, home = jupyter
    page = new_context(extra_http_headers={"X-Forwarded-User": "alice"}).new_page()
    sockets = Sockets(page)
    page.goto(f"{gateway.url}/lab")
    page.locator('.jp-LauncherCard[title*="Python 3"]').first.click(timeout=60_000)
    expect(page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    cell = page.locator(".jp-Notebook .cm-content").first
    cell.click()
    page.keyboard.type("import time\nfor n in range(600):\n    print('tick', n); time.sleep(0.1)")
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_text("tick 3", exact=False).first).to_be_visible()
    page.get_by_role("listitem", name="Name: payroll.txt").click(button="right")
    page.get_by_role("menuitem", name="Delete").click()
    page.locator(".jp-Dialog").get_by_role("button", name="Delete").click()
    asked(page)
    shots(page, "agent-jupyter")
    came = sockets.came
    sockets.wait(lambda: sockets.came > came + 5)
    assert (home / "payroll.txt").exists()
    by_code(page, phone)
    gone(page)
    expect(page.get_by_role("listitem", name="Name: payroll.txt")).to_have_count(0)
    assert not (home / "payroll.txt").exists()
