//! The routes of the own account: a part of the portal's one table.
//!
//! **Invariant:** as in [`super`]: the variant of a handler names its audience, and what changes something is [`Handler::Fresh`] unless it
//! only ends what was given, or is itself judged by codes (`tests/it/account_guard.rs`).

use std::future::ready;

use super::super::account::{self, contact, question};
use super::{Handler, Route, get, post};

/// From the invitation to the sessions.
pub(super) const ROUTES: &[Route] = &[
    get("/invite", Handler::Guest(|portal, who| Box::pin(account::invite::show(portal, who)))),
    post("/invite", Handler::Guest(|portal, who| Box::pin(account::invite::submit(portal, who)))),
    post("/account/language", Handler::Guest(|portal, who| Box::pin(account::language::choose(portal, who)))),
    get("/account/sign-in", Handler::Guest(|portal, who| Box::pin(account::sign_in::show(portal, who)))),
    post("/account/sign-in", Handler::Guest(|portal, who| Box::pin(account::sign_in::submit(portal, who)))),
    post(
        "/account/sign-out",
        Handler::AccountForm(|portal, who| Box::pin(account::sign_in::leave(portal, who))),
    ),
    get("/account/second", Handler::HalfOpen(|portal, who| Box::pin(account::prove::second(portal, who)))),
    post(
        "/account/second/choose",
        Handler::HalfOpen(|portal, who| Box::pin(account::prove::second_choose(portal, who))),
    ),
    post(
        "/account/second/answer",
        Handler::HalfOpen(|portal, who| Box::pin(account::prove::second_answer(portal, who))),
    ),
    post(
        "/account/second/leave",
        Handler::HalfOpen(|portal, who| Box::pin(account::sign_in::give_up(portal, who))),
    ),
    get("/account/confirm", Handler::Account(|portal, who| Box::pin(account::prove::confirm(portal, who)))),
    post(
        "/account/confirm/choose",
        Handler::AccountForm(|portal, who| Box::pin(account::prove::confirm_choose(portal, who))),
    ),
    post(
        "/account/confirm/answer",
        Handler::AccountForm(|portal, who| Box::pin(account::prove::confirm_answer(portal, who))),
    ),
    post(
        "/account/confirm/password",
        Handler::AccountForm(|portal, who| Box::pin(account::prove::confirm_password(portal, who))),
    ),
    get("/account", Handler::Account(|portal, who| Box::pin(account::overview::show(portal, who)))),
    get(
        "/account/add",
        Handler::Account(|portal, who| Box::pin(ready(account::overview::add(&portal, &who)))),
    ),
    get(
        "/account/add/passkey",
        Handler::Fresh(|portal, who| Box::pin(ready(account::passkey::show(&portal, &who)))),
    ),
    post(
        "/account/add/passkey",
        Handler::Fresh(|portal, who| Box::pin(account::passkey::submit(portal, who))),
    ),
    get(
        "/account/add/email",
        Handler::Fresh(|portal, who| Box::pin(ready(contact::show(&portal, &who, contact::Kind::Email)))),
    ),
    post(
        "/account/add/email",
        Handler::Fresh(|portal, who| Box::pin(contact::submit(portal, who, contact::Kind::Email))),
    ),
    get(
        "/account/add/sms",
        Handler::Fresh(|portal, who| Box::pin(ready(contact::show(&portal, &who, contact::Kind::Sms)))),
    ),
    post(
        "/account/add/sms",
        Handler::Fresh(|portal, who| Box::pin(contact::submit(portal, who, contact::Kind::Sms))),
    ),
    get(
        "/account/add/phone",
        Handler::Fresh(|portal, who| Box::pin(ready(account::phone::show(&portal, &who)))),
    ),
    post("/account/add/phone", Handler::Fresh(|portal, who| Box::pin(account::phone::begin(portal, who)))),
    get(
        "/account/add/phone/stage",
        Handler::Account(|portal, who| Box::pin(account::phone::stage(portal, who))),
    ),
    post(
        "/account/add/phone/stop",
        Handler::AccountForm(|portal, who| Box::pin(account::phone::stop(portal, who))),
    ),
    get("/account/add/totp", Handler::Fresh(|portal, who| Box::pin(account::totp::show(portal, who)))),
    post("/account/add/totp", Handler::Fresh(|portal, who| Box::pin(account::totp::submit(portal, who)))),
    get(
        "/account/authenticators/{id}",
        Handler::Account(|portal, who| Box::pin(account::own::show(portal, who))),
    ),
    get(
        "/account/authenticators/{id}/test",
        Handler::Account(|portal, who| Box::pin(account::prove::test(portal, who))),
    ),
    post(
        "/account/authenticators/{id}/test/choose",
        Handler::AccountForm(|portal, who| Box::pin(account::prove::test_choose(portal, who))),
    ),
    post(
        "/account/authenticators/{id}/test/answer",
        Handler::AccountForm(|portal, who| Box::pin(account::prove::test_answer(portal, who))),
    ),
    get(
        "/account/authenticators/{id}/resync",
        Handler::Account(|portal, who| Box::pin(account::resync::show(portal, who))),
    ),
    post(
        "/account/authenticators/{id}/resync",
        Handler::AccountForm(|portal, who| Box::pin(account::resync::submit(portal, who))),
    ),
    get(
        "/account/authenticators/{id}/rename",
        Handler::Fresh(|portal, who| Box::pin(account::own::ask_name(portal, who))),
    ),
    post(
        "/account/authenticators/{id}/rename",
        Handler::Fresh(|portal, who| Box::pin(account::own::rename(portal, who))),
    ),
    get(
        "/account/authenticators/{id}/remove",
        Handler::Fresh(|portal, who| Box::pin(account::own::ask_remove(portal, who))),
    ),
    post(
        "/account/authenticators/{id}/remove",
        Handler::Fresh(|portal, who| Box::pin(account::own::remove(portal, who))),
    ),
    get(
        "/account/password",
        Handler::Fresh(|portal, who| Box::pin(ready(account::password::show(&portal, &who)))),
    ),
    post("/account/password", Handler::Fresh(|portal, who| Box::pin(account::password::submit(portal, who)))),
    get(
        "/account/add/recovery",
        Handler::Fresh(|portal, who| Box::pin(account::recovery::show(portal, who))),
    ),
    post(
        "/account/add/recovery",
        Handler::Fresh(|portal, who| Box::pin(account::recovery::make(portal, who))),
    ),
    get("/account/questions", Handler::Account(|portal, who| Box::pin(ready(question::show(&portal, &who))))),
    get(
        "/account/questions/add",
        Handler::Fresh(|portal, who| Box::pin(ready(question::ask(&portal, &who)))),
    ),
    post("/account/questions/add", Handler::Fresh(|portal, who| Box::pin(question::add(portal, who)))),
    get(
        "/account/questions/{id}",
        Handler::Fresh(|portal, who| Box::pin(ready(question::one(&portal, &who)))),
    ),
    post(
        "/account/questions/{id}",
        Handler::Fresh(|portal, who| Box::pin(question::answer_again(portal, who))),
    ),
    get(
        "/account/questions/{id}/remove",
        Handler::Fresh(|portal, who| Box::pin(ready(question::ask_remove(&portal, &who)))),
    ),
    post(
        "/account/questions/{id}/remove",
        Handler::Fresh(|portal, who| Box::pin(question::remove(portal, who))),
    ),
    get("/account/requests", Handler::Account(|portal, who| Box::pin(account::requests::show(portal, who)))),
    get(
        "/account/requests/{id}/receipt",
        Handler::Account(|portal, who| Box::pin(account::requests::receipt(portal, who))),
    ),
    post(
        "/account/grants",
        Handler::AccountForm(|portal, who| Box::pin(account::requests::end_grant(portal, who))),
    ),
    get("/account/sessions", Handler::Account(|portal, who| Box::pin(account::sessions::show(portal, who)))),
    post(
        "/account/sessions",
        Handler::AccountForm(|portal, who| Box::pin(account::sessions::end(portal, who))),
    ),
];
