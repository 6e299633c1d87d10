//! Grants (`remember`): promised when a request is held, made in the commit that records its approval, used when the same user asks for
//! the same thing in the same session.
//!
//! A request served by grants is an ordinary request: it is sent as it came, once, and what a crash makes of it nobody knows, as with
//! any request that no policy is about.
//!
//! **Invariant:** a grant is used only after the audit entry that says so is durable, in one commit with the grant, the user and the
//! user's epoch as they were read (`tests/it/grants.rs`).
//! **Invariant:** no grant without a session: what ties a client to its login must be the same ([`Session`]).
//! **Invariant:** locking a user, revoking an authenticator and "I did not do this" move the user's epoch on, which voids all grants.
//! THREAT: the store's reader. Values and sessions can be guessed, so a grant is filed under a fingerprint keyed with a secret of the
//! installation, never under a plain hash.

use crate::approval::subject::browser_fingerprint;
use crate::approval::{Approved, Granted, Promise, Served};
use crate::audit::{Event, EventKind};
use crate::base::id::Id;
use crate::base::secret::{Secret, fingerprint};
use crate::base::settings::{AppSettings, IdentitySettings};
use crate::base::text::{UserName, visible};
use crate::directory::User;
use crate::identity::Principal;
use crate::policy::{self, PolicyRef};
use crate::store::{Commit, DEFAULT_TENANT, Key, Row, keys};

use super::{Flows, TRIES, Unavailable, contended, lost_race, unavailable};

/// What ties a client to its login: its session cookies and credentials, and its browser key. Fingerprints only.
#[derive(Clone, Copy, Default)]
pub struct Session {
    login: Option<[u8; 32]>,
    browser: Option<[u8; 32]>,
}

impl Session {
    /// Of a request for `app`: the session cookies that the application's identity names, Authorization, the browser key. Names of
    /// `headers` in any case.
    pub fn of(app: &AppSettings, headers: &[(String, Vec<u8>)], browser_key: Option<&str>) -> Self {
        let names: &[String] = match &app.identity {
            IdentitySettings::Whoami { session, .. } => session,
            IdentitySettings::Header { .. } => &[],
        };
        let mut parts: Vec<&[u8]> = Vec::new();
        for (field, value) in headers {
            if field.eq_ignore_ascii_case("authorization") {
                parts.extend([b"authorization".as_slice(), value]);
            } else if field.eq_ignore_ascii_case("cookie") {
                for pair in value.split(|byte| *byte == b';') {
                    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
                    if names.iter().any(|wanted| wanted.as_bytes().eq_ignore_ascii_case(name)) {
                        parts.extend([b"cookie".as_slice(), pair.trim_ascii()]);
                    }
                }
            }
        }
        let login = (!parts.is_empty()).then(|| fingerprint("countersign-session-v1", &parts));
        Self { login, browser: browser_key.map(browser_fingerprint) }
    }

    /// The same in a browser that has been given its key just now.
    #[must_use]
    pub(super) fn in_browser(self, browser: [u8; 32]) -> Self {
        Self { browser: Some(browser), ..self }
    }

    /// One text for all of it; `None` when there is nothing: a program that an identity header speaks for.
    fn text(&self) -> Option<String> {
        let hex = |part: Option<[u8; 32]>| {
            part.map_or_else(String::new, |part| data_encoding::HEXLOWER.encode(&part))
        };
        (self.login.is_some() || self.browser.is_some())
            .then(|| format!("{}.{}", hex(self.login), hex(self.browser)))
    }
}

/// The request a grant is asked about.
#[derive(Clone, Copy)]
pub struct Deed<'a> {
    /// The application's name.
    pub app: &'a str,
    /// The method as sent.
    pub method: &'a str,
    /// The raw target.
    pub target: &'a str,
    /// The SHA-256 of the body, where it has been read.
    pub body: Option<&'a [u8; 32]>,
}

/// What grants do for a request.
pub enum Applied {
    /// Every policy is served: it may be forwarded. This is recorded.
    All(Granted),
    /// These are; the others ask. To be recorded with the hold.
    Part(Vec<Served>),
}

impl Flows {
    /// Looks for grants that serve the policies of `held`. `principal` must have been asked afresh; where the request comes from must
    /// have been judged.
    ///
    /// # Errors
    /// When the store cannot be used; the request must be refused then.
    pub async fn granted(
        &self,
        deed: Deed<'_>,
        principal: &Principal,
        held: &policy::Held,
        session: Session,
    ) -> Result<Applied, Unavailable> {
        for _ in 0..TRIES {
            let now = self.now();
            let user_key = keys::user(&principal.user);
            let Some(user_row) = self.row(&user_key).await? else { return Ok(Applied::Part(Vec::new())) };
            let user = self.records().open_user(&user_key, &user_row.value).map_err(unavailable)?;
            let promises = self.promises(deed, &user, held, session).await?;
            if promises.is_empty() || self.attempts_by(&user.name).await?.is_locked(&self.user_budget()) {
                return Ok(Applied::Part(Vec::new()));
            }
            let (epoch_key, epoch_row, epoch) = self.epoch(&user.name).await?;
            let of_store = self.epoch_now().await?;
            let mut commit = of_store
                .required()
                .require(user_key, Some(&user_row).into())
                .require(epoch_key, epoch_row.as_ref().into());
            let mut served = Vec::new();
            for promise in promises {
                let key = keys::grant(&user.name, &promise.about);
                let Some(row) = self.row(&key).await? else { continue };
                let grant = self.records().open_grant(&key, &row.value).map_err(unavailable)?;
                // That it was made void may be lost, where the store failed over since.
                if !of_store.epoch.includes(grant.made_at()) {
                    continue;
                }
                if let Some(one) = grant.serves(&promise.policy, &promise.about, epoch, now) {
                    commit = commit.require(key, Some(&row).into()).record(self.used(
                        &one,
                        deed.app,
                        &user.name,
                        &held.summary,
                    ));
                    served.push(one);
                }
            }
            let granted = match Granted::all(&held.policies, served) {
                Ok(granted) => granted,
                Err(served) => return Ok(Applied::Part(served)),
            };
            match self.store().commit(commit).await {
                Ok(_) => {
                    self.metrics().granted();
                    return Ok(Applied::All(granted));
                }
                // Used up, made void or renewed meanwhile: looked at again.
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// The audit entry of a policy that did not ask.
    pub(super) fn used(&self, served: &Served, app: &str, user: &UserName, summary: &str) -> Event {
        self.by(EventKind::GrantUsed, user, served.held())
            .with("app", app)
            .with("grant", served.grant())
            .with("policy", served.policy())
            .with("summary", visible(&summary.replace('\n', "; "), 500))
    }

    /// What an approval of `held` would grant; also where its grants would lie.
    pub(super) async fn promises(
        &self,
        deed: Deed<'_>,
        user: &User,
        held: &policy::Held,
        session: Session,
    ) -> Result<Vec<Promise>, Unavailable> {
        let Some(session) = session.text().filter(|_| !held.remember.is_empty()) else {
            return Ok(Vec::new());
        };
        let key = self.grant_key().await?;
        let mut promises: Vec<Promise> = Vec::new();
        for remember in &held.remember {
            if promises.iter().any(|one| one.policy == remember.policy) {
                continue;
            }
            let same: Vec<_> = held.remember.iter().filter(|other| other.policy == remember.policy).collect();
            // An uploaded file is known by the digest of the whole body; without one there is no telling it apart.
            let whole = same.iter().any(|one| one.basis.needs_whole_body());
            let body = match deed.body {
                Some(body) if whole => body.as_slice(),
                None if whole => continue,
                Some(_) | None => &[],
            };
            let id = user.id.to_string();
            let mut parts: Vec<&[u8]> =
                [DEFAULT_TENANT, deed.app, &id, user.name.as_str(), &session].map(str::as_bytes).to_vec();
            parts.extend([remember.policy.id.as_bytes(), remember.policy.revision.as_bytes()]);
            parts.extend([deed.method.as_bytes(), path(deed.target).as_bytes(), body]);
            parts.extend(same.iter().map(|one| one.basis.bytes().as_slice()));
            let plain = data_encoding::HEXLOWER.encode(&fingerprint("countersign-grant-v1", &parts));
            let mut about = [0; 32];
            key.derive(&plain).expose(|bytes| about.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from));
            let span = same.iter().map(|one| one.span).min().unwrap_or(remember.span);
            promises.push(Promise { policy: remember.policy.clone(), about, span });
        }
        Ok(promises)
    }

    /// The part of the commit of an approval that makes its grants.
    pub(super) async fn grant(&self, approved: &Approved) -> Result<Commit, Unavailable> {
        let mut commit = Commit::new();
        let subject = approved.subject();
        if subject.promises.is_empty() {
            return Ok(commit);
        }
        let user = &subject.requester;
        let (epoch_key, epoch_row, epoch) = self.epoch(user).await?;
        commit = commit.require(epoch_key, epoch_row.as_ref().into());
        for grant in approved.grants(epoch, || Id::new(self.now(), self.entropy())) {
            let key = keys::grant(user, &grant.promise().about);
            let found = self.row(&key).await?;
            let event = self
                .by(EventKind::GrantMade, user, subject.id)
                .with("grant", grant.id())
                .with("policy", &grant.promise().policy)
                .with("until", grant.expires_at());
            let value = self.records().seal_grant(&key, &grant);
            commit = commit.put(key, found.as_ref(), value, Some(grant.expires_at())).record(event);
        }
        Ok(commit)
    }

    /// The part of a commit that voids all grants of a user.
    pub(super) async fn void_grants(&self, user: &UserName) -> Result<Commit, Unavailable> {
        let (key, found, epoch) = self.epoch(user).await?;
        let value = self.records().close(&key, &epoch.saturating_add(1));
        Ok(Commit::new().put(key, found.as_ref(), value, None))
    }

    /// A grant has fallen due: it goes, if it is over.
    pub(super) async fn forget_grant(&self, key: crate::store::Key) -> Result<(), Unavailable> {
        let Some(row) = self.row(&key).await? else { return Ok(()) };
        // One that cannot be read is none.
        let over =
            self.records().open_grant(&key, &row.value).map_or(true, |one| one.expires_at() <= self.now());
        if !over {
            return Ok(());
        }
        self.store().commit(Commit::new().delete(key, row.version)).await.map_or_else(lost_race, |_| Ok(()))
    }

    /// How often all grants of a user have been made void.
    pub(super) async fn grant_epoch_of(&self, user: &UserName) -> Result<u64, Unavailable> {
        Ok(self.epoch(user).await?.2)
    }

    async fn epoch(&self, user: &UserName) -> Result<(Key, Option<Row>, u64), Unavailable> {
        let key = keys::grant_epoch(user);
        let row = self.row(&key).await?;
        let epoch = match &row {
            Some(row) => self.records().open(&key, &row.value).map_err(unavailable)?,
            None => 0,
        };
        Ok((key, row, epoch))
    }

    /// The secret that fingerprints are keyed with: made once, kept sealed in the store.
    pub(super) async fn grant_key(&self) -> Result<&Secret, Unavailable> {
        let key = keys::gateway("grant-key");
        let read = async {
            for _ in 0..TRIES {
                if let Some(row) = self.row(&key).await? {
                    let hex: String = self.records().open(&key, &row.value).map_err(unavailable)?;
                    let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).map_err(unavailable)?;
                    return Ok(Secret::from(bytes));
                }
                let hex =
                    Secret::random(32, self.entropy()).expose(|bytes| data_encoding::HEXLOWER.encode(bytes));
                let made = Commit::new().create(key.clone(), self.records().close(&key, &hex), None);
                self.store().commit(made).await.map_or_else(lost_race, |_| Ok(()))?;
            }
            Err(contended())
        };
        self.0.grant_key.get_or_try_init(|| read).await
    }
}

/// What a held request's approval will be remembered for.
pub(super) fn remembers(policies: &[PolicyRef], promises: &[Promise]) -> Option<super::view::Remembers> {
    let span = promises.iter().map(|promise| promise.span).min()?;
    let whole = policies.iter().all(|policy| promises.iter().any(|promise| promise.policy == *policy));
    Some(super::view::Remembers { span, whole })
}

/// The ids of the policies that are served.
pub(super) fn served_ids(served: &[Served]) -> Vec<&str> {
    served.iter().map(|one| one.policy().id.as_str()).collect()
}

fn path(target: &str) -> &str {
    target.split(['?', '#']).next().unwrap_or_default()
}

/// What is held of grants while a request is held: its session, and the policies that are served already.
#[derive(Default)]
pub struct Terms {
    /// What ties the client to its login.
    pub session: Session,
    /// The policies that need not ask.
    pub served: Vec<Served>,
}
