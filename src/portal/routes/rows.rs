//! The rows of the table: prompts, in windows and in frames, and phones.

use std::future::ready;

use super::super::{asset, brand, challenge, frame, phone, watch};
use super::{Handler, Route, framed, get, post};

pub(super) const ROUTES: &[Route] = &[
    get("/", Handler::Anyone(challenge::home)),
    get("/style.css", Handler::Anyone(asset::style)),
    get("/prompt.js", Handler::Anyone(asset::script)),
    get("/passkey.js", Handler::Anyone(asset::passkey)),
    get("/frame.js", Handler::Anyone(asset::frame)),
    get("/theme.css", Handler::Anyone(brand::style)),
    get("/theme/logo", Handler::Anyone(brand::logo)),
    get("/mark.svg", Handler::Anyone(asset::mark)),
    get("/engraving.svg", Handler::Anyone(asset::engraving)),
    get("/held/{id}", Handler::Visitor(|portal, who| Box::pin(challenge::show(portal, who)))),
    get("/held/{id}/state", Handler::Watcher(|portal, who| Box::pin(watch::state(portal, who)))),
    post("/held/{id}/choose", Handler::Submitter(|portal, who| Box::pin(challenge::choose(portal, who)))),
    post("/held/{id}/answer", Handler::Submitter(|portal, who| Box::pin(challenge::answer(portal, who)))),
    post("/held/{id}/reject", Handler::Submitter(|portal, who| Box::pin(challenge::reject(portal, who)))),
    get("/phone/", Handler::Anyone(phone::show)),
    get("/phone/pair", Handler::Anyone(phone::show)),
    get("/phone/phone.js", Handler::Anyone(phone::script)),
    get("/phone/worker.js", Handler::Anyone(phone::worker)),
    get("/phone/phone.css", Handler::Anyone(phone::style)),
    get("/phone/manifest.webmanifest", Handler::Anyone(phone::manifest)),
    get("/phone/icon-192.png", Handler::Anyone(phone::icon_192)),
    get("/phone/icon-512.png", Handler::Anyone(phone::icon_512)),
    get("/phone/icon-maskable.png", Handler::Anyone(phone::icon_maskable)),
    get("/phone/badge.png", Handler::Anyone(phone::badge)),
    post("/phone/api/claim", Handler::Pairing(|portal, who| Box::pin(phone::api::claim(portal, who)))),
    post("/phone/api/confirm", Handler::Pairing(|portal, who| Box::pin(phone::api::confirm(portal, who)))),
    get("/phone/api/questions", Handler::Paired(|portal, who| Box::pin(phone::api::questions(portal, who)))),
    post("/phone/api/answer", Handler::Paired(|portal, who| Box::pin(phone::api::answer(portal, who)))),
    post("/phone/api/bell", Handler::Paired(|portal, who| Box::pin(phone::api::bell(portal, who)))),
    post("/phone/api/unpair", Handler::Paired(|portal, who| Box::pin(phone::api::unpair(portal, who)))),
    // A browser that restores a tab asks for the address of the last form post.
    get("/held/{id}/choose", Handler::Visitor(|_, who| Box::pin(ready(challenge::back(&who))))),
    get("/held/{id}/answer", Handler::Visitor(|_, who| Box::pin(ready(challenge::back(&who))))),
    get("/held/{id}/reject", Handler::Visitor(|_, who| Box::pin(ready(challenge::back(&who))))),
    // The same in a frame.
    framed(get("/frame/held/{id}", Handler::Visitor(|portal, who| Box::pin(frame::show(portal, who))))),
    framed(post(
        "/frame/held/{id}/state",
        Handler::Watcher(|portal, who| Box::pin(watch::state(portal, who))),
    )),
    framed(post(
        "/frame/held/{id}/show",
        Handler::Submitter(|portal, who| Box::pin(frame::again(portal, who))),
    )),
    framed(post(
        "/frame/held/{id}/window",
        Handler::Submitter(|portal, who| Box::pin(frame::leave(portal, who))),
    )),
    framed(post(
        "/frame/held/{id}/choose",
        Handler::Submitter(|portal, who| Box::pin(challenge::choose(portal, who))),
    )),
    framed(post(
        "/frame/held/{id}/answer",
        Handler::Submitter(|portal, who| Box::pin(challenge::answer(portal, who))),
    )),
    framed(post(
        "/frame/held/{id}/reject",
        Handler::Submitter(|portal, who| Box::pin(challenge::reject(portal, who))),
    )),
    framed(get("/frame/held/{id}/show", Handler::Visitor(|portal, who| Box::pin(frame::lost(portal, who))))),
    framed(get(
        "/frame/held/{id}/choose",
        Handler::Visitor(|portal, who| Box::pin(frame::lost(portal, who))),
    )),
    framed(get(
        "/frame/held/{id}/answer",
        Handler::Visitor(|portal, who| Box::pin(frame::lost(portal, who))),
    )),
    framed(get(
        "/frame/held/{id}/reject",
        Handler::Visitor(|portal, who| Box::pin(frame::lost(portal, who))),
    )),
];
