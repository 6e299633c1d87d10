//! What the policies say about a request in all its readings.
//!
//! A request has one reading for each way a server may take its target, and its method where something asks for another. Each is ruled
//! on by itself, and the rulings must agree.
//!
//! **Invariant:** a policy counts if it applies under any reading: nothing is forwarded unless no policy applies under any
//! (`tests/it/readings.rs`, and the corpus). Readings that would be held differently are refused, since nobody could be shown what he approves.
//! Called by the proxy's guard, and by `policy test` and `policy explain`: one way for all.

use std::net::IpAddr;

use super::facts::Facts;
use super::methods::Methods;
use super::ruling::{Ambiguity, ForwardGrounds, Observed, Remember, Ruling, Unclear};
use super::{AppPolicies, Candidates};
use crate::base::dialect::Reads;
use crate::base::time::Timestamp;
use crate::request::{Fields, Head, Refusal, Target};

/// What is known of a request beside its head.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The fields of the body; empty for a request without one. `None` only where [`Candidates::needs_body`] was false.
    pub body: Option<&'a Fields>,
    /// The user's name; empty only where [`Candidates::needs_user`] was false.
    pub user: &'a str,
    /// The user's groups.
    pub groups: &'a [String],
    /// The client's address.
    pub client: IpAddr,
    /// The present instant.
    pub now: Timestamp,
}

/// One reading of a request, and what the policies say about it.
#[derive(Debug)]
pub struct Read<'a> {
    /// The method in this reading.
    pub method: String,
    /// The path in this reading.
    pub path: &'a str,
    /// Whether fields are looked up among the cookies too.
    pub cookies: bool,
    /// What the policies say.
    pub ruling: Ruling,
}

impl AppPolicies {
    /// Which policies can apply to a request of this head under some reading. If none can, it passes untouched.
    pub fn concerns(&self, head: &Head) -> Candidates {
        let wire = head.method.as_str();
        let mut candidates = Candidates::default();
        for target in head.targets.iter() {
            let sent = methods(head, target, None)
                .iter()
                .map(|method| taken_for(head, method))
                .fold(taken_for(head, wire), Methods::or);
            let reachable = match head.method_override {
                Some(Reads::AsData) => sent,
                Some(Reads::AsSyntax) | None => sent.or(Methods::reachable(wire)),
            };
            candidates.add(self.routes.route(sent, reachable, &target.path));
        }
        candidates
    }

    /// What the policies say about one request, over all its readings.
    ///
    /// # Errors
    /// Why a query that a policy needs cannot be read.
    pub fn judge(&self, head: &Head, circumstances: &Circumstances<'_>) -> Result<Ruling, Refusal> {
        let readings = self.readings(head, circumstances)?;
        Ok(agreed(readings.into_iter().map(|read| read.ruling).collect(), || several(head)))
    }

    /// Each reading with what the policies say about it.
    ///
    /// # Errors
    /// Why a query that a policy needs cannot be read.
    pub fn readings<'h>(
        &self,
        head: &'h Head,
        circumstances: &Circumstances<'_>,
    ) -> Result<Vec<Read<'h>>, Refusal> {
        let mut readings = Vec::new();
        self.read(head, circumstances, &mut |facts, path, methods, concerned| {
            let ruling = if concerned {
                self.rule_as(facts, methods)
            } else {
                Ruling::Forward(ForwardGrounds::no_policy(Vec::new()))
            };
            let (method, cookies) = (facts.method.to_owned(), facts.cookies.is_some());
            readings.push(Read { method, path, cookies, ruling });
        })?;
        Ok(readings)
    }

    /// Puts each reading to `look`: what is known of it, its path, the methods it is taken for, and whether a policy can apply to it.
    pub(super) fn read<'h>(
        &self,
        head: &'h Head,
        circumstances: &Circumstances<'_>,
        look: &mut dyn FnMut(&Facts<'_>, &'h str, Methods, bool),
    ) -> Result<(), Refusal> {
        let headers: Vec<(String, Vec<u8>)> =
            head.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        let host = head.host.to_string();
        let nothing = Fields::default();
        for target in head.targets.iter() {
            for method in methods(head, target, circumstances.body) {
                let path = target.path.as_str();
                let methods = taken_for(head, &method);
                let concerned = !self.routes.policies(methods, path).is_empty();
                let query = if concerned { target.query.as_ref().map_err(Clone::clone)? } else { &nothing };
                let facts = Facts {
                    method: &method,
                    host: &host,
                    path,
                    query,
                    body: circumstances.body,
                    cookies: None,
                    headers: &headers,
                    content_type: head.content.media_type(),
                    user: circumstances.user,
                    groups: circumstances.groups,
                    client: circumstances.client,
                    now: circumstances.now,
                };
                look(&facts, path, methods, concerned);
                if concerned && let Some(late) = &target.split_late {
                    look(&Facts { query: late, ..facts }, path, methods, concerned);
                }
                if concerned && !head.cookies.is_empty() {
                    look(&Facts { cookies: Some(&head.cookies), ..facts }, path, methods, concerned);
                }
            }
        }
        Ok(())
    }
}

/// What the application may take a request of this method for.
fn taken_for(head: &Head, method: &str) -> Methods {
    if head.write_methods_distinct { Methods::sent_as(method) } else { Methods::loosely(method) }
}

/// The methods a server may take the request for, without repetition. `?` stands for one that cannot be told, which may be any.
fn methods(head: &Head, target: &Target, body: Option<&Fields>) -> Vec<String> {
    let wire = head.method.as_str().to_owned();
    if head.method_override == Some(Reads::AsData) {
        return vec![wire];
    }
    let mut claims: Vec<String> = Vec::new();
    let mut claim = |method: &str| {
        for method in method.split(',') {
            let method = super::fold::fold(method).to_ascii_uppercase();
            if !claims.contains(&method) {
                claims.push(method);
            }
        }
    };
    head.claimed_methods.iter().for_each(|method| claim(method));
    let of_query: Vec<&str> = [target.query.as_ref().ok(), target.split_late.as_ref()]
        .into_iter()
        .flatten()
        .flat_map(Fields::claimed_methods)
        .collect();
    for method in &of_query {
        claim(method);
    }
    if target.claims_method && of_query.is_empty() {
        claim("?");
    }
    body.into_iter().flat_map(Fields::claimed_methods).for_each(&mut claim);
    match (head.method_override, claims.as_slice()) {
        (Some(Reads::AsSyntax), [_]) => claims,
        _ if claims.contains(&wire) => claims,
        _ => std::iter::once(wire).chain(claims).collect(),
    }
}

/// What makes for several readings.
fn several(head: &Head) -> Refusal {
    let claimed =
        || head.headers.iter().find(|(name, _)| crate::request::headers::is_method_override(name.as_bytes()));
    let by_query = || head.targets.iter().any(|target| target.claims_method);
    if head.targets.why().is_none() && head.targets.are_split_late() && claimed().is_none() && !by_query() {
        return Refusal::EncodedSeparator;
    }
    head.targets.why().cloned().unwrap_or_else(|| {
        Refusal::MethodOverride(claimed().map_or_else(|| "_method".to_owned(), |(name, _)| name.clone()))
    })
}

/// One ruling out of those of all readings: deny beats all, then doubt refuses, then all must be held alike.
fn agreed(rulings: Vec<Ruling>, why: impl FnOnce() -> Refusal) -> Ruling {
    let mut observed: Vec<Observed> = Vec::new();
    for seen in rulings.iter().flat_map(Ruling::observed) {
        if !observed.contains(seen) {
            observed.push(seen.clone());
        }
    }
    let (mut denied, mut refused, mut held, mut forwards, mut differ) = (None, None, None, false, false);
    // What is granted is what every reading decided by, so that it is for this very request in all of them.
    let mut remember: Vec<Remember> = Vec::new();
    for ruling in rulings {
        match ruling {
            Ruling::Forward(_) => forwards = true,
            Ruling::Deny(found) => denied = denied.or(Some(found)),
            Ruling::Refuse(found) => refused = refused.or(Some(found)),
            Ruling::Hold(mut found) => {
                found.observed = Vec::new();
                for one in std::mem::take(&mut found.remember) {
                    if !remember.contains(&one) {
                        remember.push(one);
                    }
                }
                differ |= held.as_ref().is_some_and(|held| *held != found);
                held = held.or(Some(found));
            }
        }
    }
    match (denied, refused, held) {
        (Some(found), _, _) => Ruling::Deny(super::Denied { observed, ..found }),
        (None, Some(found), _) => Ruling::Refuse(Ambiguity { observed, ..found }),
        (None, None, Some(held)) if forwards || differ => {
            let policy = held
                .policies
                .into_iter()
                .next()
                .unwrap_or_else(|| super::PolicyRef { id: String::new(), revision: String::new() });
            Ruling::Refuse(Ambiguity { policy, reason: Unclear::Readings(why()), observed })
        }
        (None, None, Some(held)) => Ruling::Hold(super::Held { remember, observed, ..held }),
        (None, None, None) => Ruling::Forward(ForwardGrounds::no_policy(observed)),
    }
}
