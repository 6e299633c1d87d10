//! Floor 1: which requests are held, why, and what they need. From policy files to one [`Ruling`] per request.
//!
//! The way through: [`source`] reads files into a [`PolicySet`] with all faults at once → [`AppPolicies::route`] decides from method and
//! path whether any policy can apply → [`AppPolicies::judge`] has each reading of the request ruled on, by all its [`Facts`].
//!
//! All policies that match apply together: deny beats all, then doubt refuses, then every step of every policy must be met.
//!
//! **Invariant:** adding a policy never weakens another (`tests/it/policy_rules.rs`).
//! **Invariant:** nothing fails open: no answer of a condition, no name for the action, no body where one is needed: refused.

pub mod basis;
mod calls;
mod checked;
mod condition;
mod fold;
mod methods;
mod names;
mod pattern;
mod template;
mod values;
mod view;
mod wording;

pub mod explain;
pub mod facts;
pub mod judge;
pub mod requirement;
pub mod route;
pub mod ruling;
pub mod source;
pub mod success;

use std::collections::BTreeMap;

use crate::base::secret::fingerprint;
use crate::base::settings::AppSettings;
use crate::base::time::Span;
use checked::{Effect, Mode, Named, Policy};
pub use facts::Facts;
use fold::Case;
pub use judge::Circumstances;
use methods::Methods;
pub use requirement::{ClientMode, Factor, PromptMode, Requirement, Step};
pub use route::Candidates;
use route::Routes;
pub use ruling::{
    Ambiguity, Denied, ForwardGrounds, Held, Observed, PolicyRef, Remember, Ruling, Unclear, Wording, Would,
};
use source::{AppFacts, Fault};
use view::View;

/// The policies of all applications, as loaded together.
#[derive(Debug, Default)]
pub struct PolicySet {
    apps: BTreeMap<String, AppPolicies>,
    warnings: Vec<Fault>,
}

impl PolicySet {
    /// What is odd about these policies, though nothing is wrong: to be shown whenever they are loaded.
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// The policies of the application of that name; there are some, maybe none at all, for each that is configured.
    pub fn for_app(&self, app: &str) -> Option<&AppPolicies> {
        self.apps.get(app)
    }

    /// The same policies, and an application without any: what the gateway itself serves behind it.
    #[must_use]
    pub fn including(mut self, app: &str) -> Self {
        self.apps.entry(app.to_owned()).or_insert_with(|| AppPolicies::new(Case::default(), Vec::new()));
        self
    }

    /// The applications that policies may be for.
    pub fn apps(&self) -> impl Iterator<Item = &str> {
        self.apps.keys().map(String::as_str)
    }

    /// All policies with the application of each, in order.
    pub fn policies(&self) -> impl Iterator<Item = (&str, &PolicyRef)> {
        self.apps
            .iter()
            .flat_map(|(app, policies)| policies.policies.iter().map(move |p| (app.as_str(), &p.reference)))
    }

    /// The first 16 hexadecimal digits of a fingerprint of the application, id and revision of every policy.
    pub fn revision(&self) -> String {
        let names: Vec<String> = self.policies().map(|(app, policy)| format!("{app}/{policy}")).collect();
        let parts: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
        let digest = fingerprint("policy-set-revision", &parts);
        data_encoding::HEXLOWER.encode(&digest).chars().take(16).collect()
    }

    /// The same set with warnings about the configuration around it.
    #[must_use]
    pub fn warned(mut self, more: Vec<Fault>) -> Self {
        self.warnings.extend(more);
        self
    }

    /// Every requirement a policy may make, with the policy's reference: to tell whether it can be met.
    pub fn requirements(&self) -> impl Iterator<Item = (&PolicyRef, &Requirement)> {
        self.apps.values().flat_map(|app| &app.policies).filter_map(|policy| match &policy.effect {
            Effect::Approve(requirement) => Some((&policy.reference, requirement)),
            Effect::Deny => None,
        })
    }

    fn new(apps: &[AppFacts], policies: Vec<(String, Policy)>, warnings: Vec<Fault>) -> Self {
        let mut set: BTreeMap<String, (Case, Vec<Policy>)> =
            apps.iter().map(|app| (app.name.clone(), (app.case(), Vec::new()))).collect();
        for (app, policy) in policies {
            set.entry(app).or_default().1.push(policy);
        }
        let set = set.into_iter().map(|(app, (case, policies))| (app, AppPolicies::new(case, policies)));
        Self { apps: set.collect(), warnings }
    }
}

/// The policies of one application.
#[derive(Debug)]
pub struct AppPolicies {
    policies: Vec<Policy>,
    routes: Routes,
    can_hold: bool,
}

impl AppPolicies {
    fn new(case: Case, mut policies: Vec<Policy>) -> Self {
        policies.sort_by(|one, other| one.reference.cmp(&other.reference));
        let mut routes = Routes::new(case);
        for (number, policy) in policies.iter().enumerate() {
            routes.add(number, &policy.matcher.path, policy.matcher.methods, policy.needs());
        }
        let holds =
            |policy: &Policy| policy.mode == Mode::Enforce && matches!(policy.effect, Effect::Approve(_));
        let can_hold = policies.iter().any(holds);
        Self { policies, routes, can_hold }
    }

    /// The grounds to forward anything, when there are no policies at all.
    pub fn none(&self) -> Option<ForwardGrounds> {
        self.policies.is_empty().then(|| ForwardGrounds::no_policy(Vec::new()))
    }

    /// Whether one of them can hold a request.
    pub fn can_hold(&self) -> bool {
        self.can_hold
    }

    /// Which policies can apply to a request of this method (as sent) and path (canonical, decoded). Allocates nothing.
    pub fn route(&self, method: &str, path: &str) -> Candidates {
        let sent = Methods::loosely(method);
        self.routes.route(sent, sent.or(Methods::reachable(method)), path)
    }

    /// What the policies say about one request in one reading; [`AppPolicies::judge`] asks for all of them.
    pub fn rule(&self, facts: &Facts<'_>) -> Ruling {
        self.rule_as(facts, Methods::sent_as(facts.method))
    }

    /// The same, for an application that takes it for any of these methods.
    fn rule_as(&self, facts: &Facts<'_>, methods: Methods) -> Ruling {
        let candidates = self.routes.policies(methods, facts.path);
        if candidates.is_empty() {
            return Ruling::Forward(ForwardGrounds::no_policy(Vec::new()));
        }
        let candidates: Vec<&Policy> =
            candidates.into_iter().filter_map(|number| self.policies.get(number)).collect();
        let masks = candidates.iter().flat_map(|policy| policy.mask.iter().cloned()).collect();
        let view = View::new(facts, masks);
        let mut verdict = Verdict::default();
        for policy in candidates {
            verdict.weigh(policy, &view);
        }
        verdict.ruling()
    }
}

/// A login path of the application passes without a user, on exact match with the raw path; nothing else does.
pub fn login_path(app: &AppSettings, raw_path: &str) -> Option<ForwardGrounds> {
    app.login_paths.iter().any(|path| path == raw_path).then(|| ForwardGrounds::no_policy(Vec::new()))
}

/// What has been found so far.
#[derive(Default)]
struct Verdict {
    denied: Vec<(PolicyRef, Named)>,
    unclear: Option<(PolicyRef, Unclear)>,
    held: Option<Held>,
    /// What those say that hold, in order.
    named: Vec<Named>,
    observed: Vec<Observed>,
}

impl Verdict {
    fn weigh(&mut self, policy: &Policy, view: &View<'_>) {
        let reference = || policy.reference.clone();
        let named = match policy.applies(view) {
            Ok(false) => return,
            Ok(true) => Ok(policy.name(view)),
            Err(unclear) => Err(unclear),
        };
        if policy.mode == Mode::Observe {
            let would = match (&policy.effect, &named) {
                (Effect::Deny, Ok(_)) => Would::Deny,
                (Effect::Approve(_), Ok(Ok(_))) => Would::Hold,
                (_, Err(_)) | (Effect::Approve(_), Ok(Err(_))) => Would::Refuse,
            };
            let summary = named.ok().and_then(Result::ok).map(|named| named.summary);
            self.observed.push(Observed { policy: reference(), would, summary });
            return;
        }
        match (&policy.effect, named) {
            (Effect::Deny, Ok(named)) => {
                let by_id =
                    |_| Named { summary: policy.reference.id.clone(), show: Vec::new(), texts: Vec::new() };
                self.denied.push((reference(), named.unwrap_or_else(by_id)));
            }
            (_, Err(unclear)) | (Effect::Approve(_), Ok(Err(unclear))) => {
                self.unclear.get_or_insert((reference(), unclear));
            }
            (Effect::Approve(requirement), Ok(Ok(named))) => {
                let mut remember = Vec::new();
                if policy.remember != Span::ZERO {
                    let basis = policy.basis(view, &named);
                    remember.push(Remember { policy: reference(), basis, span: policy.remember });
                }
                let mut masked: Vec<String> =
                    policy.mask.iter().map(|name| name.as_str().to_owned()).collect();
                match &mut self.held {
                    None => {
                        self.held = Some(Held {
                            policies: vec![reference()],
                            requirement: requirement.clone(),
                            summary: String::new(),
                            show: Vec::new(),
                            texts: Vec::new(),
                            masked,
                            success: policy.success.iter().cloned().collect(),
                            remember,
                            observed: Vec::new(),
                        });
                    }
                    Some(held) => {
                        held.policies.push(reference());
                        held.requirement = held.requirement.clone().combine(requirement.clone());
                        masked.retain(|name| !held.masked.contains(name));
                        held.masked.append(&mut masked);
                        held.remember.append(&mut remember);
                        held.success.extend(policy.success.clone());
                    }
                }
                self.named.push(named);
            }
        }
    }

    fn ruling(self) -> Ruling {
        let observed = self.observed;
        if !self.denied.is_empty() {
            let (policies, named): (Vec<_>, Vec<_>) = self.denied.into_iter().unzip();
            let summary = named.iter().map(|named| named.summary.as_str()).collect::<Vec<_>>().join("; ");
            let mut texts = wording::texts(&named);
            for text in &mut texts {
                text.summary = text.summary.replace('\n', "; ");
            }
            return Ruling::Deny(Denied { policies, summary, texts, observed });
        }
        if let Some((policy, reason)) = self.unclear {
            return Ruling::Refuse(Ambiguity { policy, reason, observed });
        }
        match self.held {
            Some(held) => {
                let (summary, show) = wording::original(&self.named);
                Ruling::Hold(Held { summary, show, texts: wording::texts(&self.named), observed, ..held })
            }
            None => Ruling::Forward(ForwardGrounds::no_policy(observed)),
        }
    }
}
