//! Countersign: a reverse-proxy approval gateway. This page is the architecture; what operators need is in `README.md`.
//!
//! A request that a policy is about is **held**: stored byte for byte and not forwarded. Its user proves with an authenticator that he
//! or she made and meant it. Then it is **released**: forwarded at most once, exactly as it was approved. Everything else passes.
//!
//! # The building
//!
//! One crate, six floors. Imports go down only, siblings of floors 2 and 4 never meet, and each vendor crate has its rooms. The compiler
//! does not enforce layers within a crate, so `tests/it/floors.rs` does.
//!
//! ```text
//! 5 COMPOSE  main  run  app  config  cli  demo         names concrete adapters; the only place that does
//! 4 EDGES    proxy (Pingora)         portal (axum)     HTTP <-> flows; they never import each other
//! 3 FLOWS    flow                                      one file for each thing that can happen; each owns its commit
//! 2 PORTS    store (redb, redis)   notify   connect           traits and adapters
//! 1 LAW      audit > approval > policy > directory > factors > identity > request
//!                                                      pure and synchronous: no I/O, clock or randomness
//! 0 WORDS    base                                      what everything else is said in
//! ```
//!
//! On floor 1 a room may use those to its right. Time and randomness are arguments there; [`app`] hands in the machine's, tests their own.
//!
//! # One request through the building
//!
//! 1. [`proxy`] reads the head under one deadline (`proxy::head`) and finds the application by host (`proxy::apps`). `proxy::guard` asks
//!    [`request::normalise::admissible_quick`] and [`policy::AppPolicies::route`] whether any policy can apply. Nearly always none can, and the
//!    request passes; nothing is allocated, nobody is asked, Pingora carries it.
//! 2. Otherwise [`request::normalise::normalise`] makes the canonical form of the head and every plausible reading of it
//!    ([`request::readings`]), or refuses. If no policy can apply under any ([`policy::AppPolicies::concerns`]), it passes. `proxy::guarded` asks who it
//!    is ([`flow::identify`]), reads the body if a policy needs it ([`flow::spool`]: hashed, understood and sealed while it passes), and asks
//!    [`policy::AppPolicies::judge`] for the [`policy::Ruling`] that all readings share: forward, hold, deny or refuse.
//! 3. A hold is one commit of [`flow::admit`]: the canonical request, its [`request::RequestDigest`], the *copied* requirement and policy
//!    revisions, the quotas and the audit entry. Only then is the client told, by page, problem document, wait or `202` (`proxy::hold`).
//! 4. The browser opens the prompt in [`portal`] with a one-time handoff ([`flow::prompt`]). [`flow::challenge`] begins what an authenticator
//!    needs. [`flow::attempt`] counts the attempt before anything is told of it, for held requests and the own account alike: a generator's code in the
//!    commit that records the answer, all others in a commit of their own before they are verified. A right answer makes a [`factors::Proof`], the proof an [`approval::Vote`]; vote, next state of the
//!    authenticator and audit entries are one commit. The last vote makes it [`approval::Approved`].
//! 5. The browser returns to the original URL with the release credential, or a script repeats it with the header, or a waiting connection
//!    wakes. `proxy::released` judges the credential by [`flow::release`], which reads the stored request back and hashes it.
//! 6. `proxy::sending` opens a fresh connection to the application first. Then [`flow::Flows::claim`] commits `forwarding`, once, and yields the
//!    [`approval::ReleasePermit`]. The forwarder takes it by value, and sends what [`request::render::render`] makes of the canonical request, from a
//!    task that outlives the client. The outcome is durable before the client sees a byte of the answer.
//!
//! The portal cannot release; it records decisions. The proxy cannot approve; it asks whether it may release.
//!
//! # The rooms
//!
//! | module | what it owns |
//! |---|---|
//! | [`base`] | [`base::id`] identifiers with their kind, [`base::time`] the clock, [`base::entropy`] randomness, [`base::secret`] the only holder of secrets, [`base::text`] bounded text, [`base::language`] the five languages and their words, [`base::net`] hosts and origins, [`base::tasks`] the tracked spawner, [`base::settings`] the words of the configuration, [`base::dialect`] how an application reads odd forms, [`base::epoch`] what a store may have forgotten |
//! | [`request`] | what is asked: parts, the canonical head, [`request::readings`] of what servers read differently, [`request::body`] bodies to fields (XML among them, coded or in a declared charset), [`request::graphql`] and [`request::rpc`] calls, digest, rendering |
//! | [`identity`] | who asks: a [`identity::Principal`], from a trusted peer's header or the application itself |
//! | [`factors`] | how a person proves it: TOTP, HOTP, passkeys, the phone, codes that were sent, emergency and recovery codes; passwords; the ledger of attempts; the only maker of a [`factors::Proof`] |
//! | [`directory`] | users, their authenticators, accounts and sessions; challenges that wait; hardware tokens in stock, and [`directory::import`], the files of seeds they come from |
//! | [`policy`] | [`policy::source`] files to checked policies with all faults at once, [`policy::route`] the matcher (one tree of all patterns; no answer grows with the number of policies), [`policy::facts`] all a rule may see, [`policy::requirement`] steps and times, [`policy::judge`] all readings together, [`policy::ruling`] the answer, [`policy::explain`] why |
//! | [`approval`] | the life of a held request: one struct for each state, exits by value; votes and the permit |
//! | [`audit`] | [`audit::event`] facts, [`audit::chain`] the hash chain, [`audit::receipt`] the signed statement about a release |
//! | [`store`] | the [`store::Store`] trait, records sealed at rest, [`store::embedded`] redb, bodies as sealed files, [`store::redis`] Redis for any number of gateways, [`store::backup`] one file of all, [`store::gate`] while another server has it yet |
//! | [`notify`] | how messages leave: [`notify::letter`] what they say, [`notify::mail`] SMTP, [`notify::sms`] HTTP gateways for text messages, [`notify::webpush`] wakes phones |
//! | [`connect`] | [`connect::whoami`]: asking an application who its session belongs to |
//! | [`flow`] | the things that happen; a table of its files is on its page |
//! | [`portal`] | the pages of the prompt, of the own account and of the phone on their own origin, their one table of routes and its guards; health and metrics |
//! | [`proxy`] | the edge to clients and applications: hooks, refusals, the JSON API, the forwarder, TLS; `proxy::inject` puts the agent (`templates/proxy/agent.js`) into the application's pages, `proxy::local::agent` answers it |
//! | [`config`] | `countersign.toml` and the policies folder to settings, or to all faults at once |
//! | [`app`] | puts a gateway together: [`app::start`] is used by `serve`, the demo and the tests; the control socket; reloading; [`app::upgrade`], the change from one server to the next |
//! | [`cli`] | what can be typed, and what is printed |
//! | [`run`] | runs one command in this process |
//! | [`demo`] | a small legacy bank that knows nothing of the gateway, behind one |
//!
//! # What must always hold, and what holds it
//!
//! | invariant | held by |
//! |---|---|
//! | nothing is forwarded without leave | `proxy::stage::Passage`, made only of [`policy::ForwardGrounds`]; `upstream_peer` refuses without one |
//! | no proof, no forward | [`approval::Approved`] is made only of [`approval::Vote`]s, those only of a [`factors::Proof`], that only by a factor; none can be cloned or built elsewhere (`compile_fail` doctests) |
//! | a proof is for one request | [`approval::Vote::cast`] refuses another digest, person or factor; `tests/it/factors.rs` |
//! | a passkey answers one question about one request, and anybody can check it later | [`factors::passkey`]; `tests/it/passkey_hostile.rs`, `passkey_flow.rs`, `passkey_receipt.rs` |
//! | only the application's own page frames the prompt, without a cookie, and what is pressed in it was seen | [`flow::frame`]; `tests/it/frame.rs`, `tests/browser/test_frame.py` |
//! | a passkey that is asked in a frame counts in that page's frame alone | [`factors::passkey`]; `tests/it/passkey_framed.rs` |
//! | what was approved is what is sent | the digest is taken again from what lies on the disk before the claim ([`flow::release`]); a rendered request normalises to its digest (`tests/it/request_reading.rs`) |
//! | a policy applies under any plausible reading | [`policy::judge`] rules on each reading; `tests/it/readings.rs`, and `tests/it/corpus.rs` sends `tests/vectors` of requests that servers read differently |
//! | at most once | the step to `forwarding` is a compare-and-swap of one record and the only maker of a [`approval::ReleasePermit`]; the forwarder's `Leave` takes it by value (`src/proxy/forwarder_test.rs`); `tests/it/release_once.rs` |
//! | nothing is sent again after a crash | [`flow::sweep`]: a request found `forwarding` at the start becomes `outcome_unknown` before the first connection is accepted; `tests/it/kill.rs` kills the real binary at random moments |
//! | what a gateway that died was sending is named by another, and never sent | [`flow::lease`]; `tests/it/lease.rs` |
//! | nothing counts twice because a store forgot | [`flow::epoch`]; `tests/it/epoch.rs` |
//! | one server follows another without a request that is dropped | [`app::upgrade`], [`store::gate`]; `tests/it/upgrade.rs` |
//! | only its creator sees, answers and releases it | [`approval::Creator`], `tests/it/binding.rs` |
//! | what a user adds beside another authenticator approves nothing for a while | [`directory::Authenticator::counts`], asked in [`flow::attempt`]; `tests/it/account_new.rs` |
//! | nobody reads an answer to a verification question | [`directory::question`]; `tests/it/account_questions.rs` |
//! | guesses are bounded, a code counts once | [`factors::throttle`], [`flow::decide`]; `tests/it/attempts.rs`, `tests/it/hotp.rs` |
//! | a file of seeds is taken whole, unchanged, or not at all | [`directory::import`]; `tests/it/token_import.rs`, `tests/it/token_stock.rs` |
//! | no approval by phone without the number of the requesting screen, by that phone's key, for that request and text | [`factors::phone`]; `tests/it/phone.rs` |
//! | a photographed pairing code pairs nothing | [`directory::pairing`]; `tests/it/phone_pairing.rs` |
//! | nobody is rung until he gives in | [`factors::phone::pace`]; `tests/it/web_push.rs` |
//! | a grant serves the same user, session, policy and values, for its time | [`approval::Granted`], made only of [`approval::Served`] by stored grants; `tests/it/grants.rs`, `tests/it/grant_basis.rs` |
//! | observing changes nothing | [`flow::observe`] counts in memory; `tests/it/observed.rs` |
//! | policies change whole, and to good ones only | [`flow::policies`]; `tests/it/reload.rs` |
//! | a held body is not held in memory | [`flow::spool`], `tests/it/uploads.rs` |
//! | a late approval is none | [`approval::Undated::as_of`]: a stored approval can only be read with the time |
//! | a commit is whole, durable and audited | `tests/it/store_contract.rs`, one suite for every engine; `tests/it/store_embedded.rs`, `tests/it/redis_places.rs` |
//! | several gateways on one store are one | `tests/it/shared_store.rs`, `tests/it/lease.rs`, `tests/it/two_gateways.rs` |
//! | whatever fails, what is guarded is refused or done once | `tests/faults.md` names each fault with its test; `tests/it/soak.rs` |
//! | at rest everything but names, counts and the audit log is sealed, in its place | [`store::seal`], `tests/it/store_contract.rs` |
//! | each reading is needed, each safeguard seen | `tests/it/corpus/steps.rs` leaves out one step after the other, `tests/mutants` one safeguard; `tests/differential` asks real servers |
//! | adding a policy never weakens another | [`policy::Requirement::combine`], `tests/it/policy_rules.rs`; the matcher misses nothing (`tests/it/policy_route.rs`) |
//! | a translation shows what the policy shows; no language lacks words | `tests/it/policy_texts.rs`, `tests/it/languages.rs` |
//! | what is pending does not change with a policy | the requirement and revisions are copied into [`approval::Subject`] |
//! | an unmatched request costs the same under ten policies and a hundred thousand | `policy::route` counts its steps in nested `**`; `tests/it/policy_route.rs` counts allocations; `benches/unmatched.rs` |
//! | no condition grows with the square of a request | `policy::condition` bounds it when it is loaded; `tests/it/policy_cost.rs` |
//! | the agent learns a state and can answer nothing | `proxy::local::agent`; `tests/it/agent.rs` |
//! | an authenticator that was added beside another approves nothing at first | [`flow::attempt`]; `tests/it/account_new.rs` |
//! | no page without its guard | `Audience<Role>` is the argument of every handler; `tests/it/portal_routes.rs` walks the table |
//! | an identity is believed from its source only | `tests/it/identity_header.rs`, `tests/it/whoami.rs`, `tests/it/proxy_traps.rs` |
//! | a page with the script in it is the page, byte for byte | `proxy::inject` cuts it in two at one place; `tests/it/inject.rs`; what is no page is not touched: `tests/it/inject_never.rs` |
//! | what passes is untouched | `tests/it/proxy_pass.rs` compares bytes, in both versions of HTTP on both sides |
//! | an edited log or receipt shows | [`audit::chain`] (property tests), `tests/it/receipt.rs` |
//! | secrets are not printed | [`base::secret::Secret`] has no `Display`, `Serialize` or `PartialEq` (`compile_fail` doctests); `tests/it/secrets.rs` looks through log, audit log and disk |
//! | what `check` accepts, `serve` accepts | both ask [`config::load`]; `tests/it/config_check.rs` holds the wording |
//! | this picture | `tests/it/floors.rs` |
//!
//! Expected refusals are values; `Err` means "could not do it" and ends in a refusal to the client. Nothing fails open.

pub mod base;

pub mod approval;
pub mod audit;
pub mod directory;
pub mod factors;
pub mod identity;
pub mod policy;
pub mod request;

pub mod connect;
pub mod notify;
pub mod store;

pub mod flow;

pub mod portal;
pub mod proxy;

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod run;
