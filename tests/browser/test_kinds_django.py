"""Each kind of authenticator in front of the stock Django admin: enrolled in the superuser's own account, and the deletion it approves
carried out by Django.

One site, one gateway and one browser profile for all of them, in this order: the first authenticator is the passkey, added after an
invitation; the helpdesk's temporary code comes last, since it ends whenever another authenticator is enrolled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

import kinds
from accessible import heading, look
from conftest import PHONE, django_gateway
from django_site import ADMIN, DjangoSite
from gateway import Gateway
from kinds import Desk
from postbox import PostOffice
from prompt import CHECK, expect_prompt
from test_django_admin import log_in
from test_django_gateway import ask_to_delete, messages

KINDS = ["passkey", "push", "totp", "hotp", "email", "sms", "recovery", "emergency"]
_ADD = "from django.contrib.auth.models import User\nfor name in {names!r}: User.objects.create_user(name)\n"


@pytest.fixture(scope="module")
def site(django_template: DjangoSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DjangoSite]:
    """With one user to be deleted for each kind."""
    site = django_template.copy_to(tmp_path_factory.mktemp("kinds") / "site")
    site.manage("shell", "--command", _ADD.format(names=[f"gone-by-{kind}" for kind in KINDS]))
    yield site.start()
    site.stop()


@pytest.fixture(scope="module")
def gate(countersign_bin: Path, site: DjangoSite, post_office: PostOffice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gate = django_gateway(countersign_bin, tmp_path_factory.mktemp("kinds") / "gateway", site, post_office)
    gate.command("user", "add", ADMIN)
    yield gate.start()
    gate.stop()


@pytest.fixture(scope="module")
def admin(gate: Gateway, lasting_context: BrowserContext) -> None:
    """Logged in at Django, and in the own account with nothing but a password yet."""
    page = lasting_context.new_page()
    log_in(page, gate.url)
    kinds.open_account(page, gate.command("user", "invite", ADMIN).splitlines()[0])
    heading(page, "Your account")
    page.close()


@pytest.fixture
def desk(gate: Gateway, admin: None, post_office: PostOffice, lasting_page: Page, new_context, shots, tmp_path: Path) -> Desk:
    phone = new_context(viewport=PHONE, is_mobile=True, has_touch=True).new_page()
    return Desk(ADMIN, lasting_page, phone, gate.portal, post_office.postbox, gate.command, shots, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_from_enrolment_to_the_deletion(gate: Gateway, site: DjangoSite, desk: Desk, kind: str):
    prove = getattr(kinds, kind)(desk)
    victim = f"gone-by-{kind}"
    path = ask_to_delete(desk.page, gate, site, victim)
    expect_prompt(desk.page, gate.portal)
    held = desk.page.url.rsplit("/", 1)[1]
    # With the first there is one to choose, with the recovery codes there are nearly all.
    if kind in ("passkey", "recovery"):
        look(desk.page, CHECK, desk.shots, f"django-prompt-{kind}")
    assert victim in site.users() and site.requests("POST", path) == []

    prove()
    expect(messages(desk.page)).to_contain_text(f"The user “{victim}” was deleted successfully.")
    assert victim not in site.users() and site.requests("POST", path) == [302]
    receipt = desk.folder / "receipt.json"
    receipt.write_text(gate.command("receipt", "export", held))
    assert re.search(rf"\b{kind}\b", gate.command("receipt", "verify", str(receipt)))
