//! What a held request needs before it may be released: steps, each with the factors it accepts, and the times.
//!
//! A requirement is copied into the held request, so that editing a policy never changes what is pending.
//!
//! **Invariant:** combining never weakens ([`Requirement::combine`]): every step of every policy stays, the shortest times apply.

use crate::base::time::Span;
pub use crate::factors::Factor;

/// All that must be met for one held request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The steps of all policies in order of policy id, within one policy in the order written. Never empty.
    pub steps: Vec<Step>,
    /// How long the request waits for its decision.
    pub hold_for: Span,
    /// How long after the decision it may be released.
    pub release_within: Span,
    /// How the client is told.
    pub client: ClientMode,
    /// Where the prompt may be shown.
    pub prompt: PromptMode,
}

/// One proof that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The requester proves it with an own authenticator.
    SelfApproval {
        /// The policy that asks for it.
        policy: String,
        /// The factors that are accepted, in the order the policy prefers. Never empty.
        factors: Vec<Factor>,
    },
}

impl Step {
    /// The id of the policy that asks for this step.
    pub fn policy(&self) -> &str {
        match self {
            Self::SelfApproval { policy, .. } => policy,
        }
    }

    /// Whether an answer by `factor` of the requester meets it.
    pub fn accepts(&self, factor: Factor) -> bool {
        match self {
            Self::SelfApproval { factors, .. } => factors.contains(&factor),
        }
    }
}

impl Requirement {
    /// This and `other` together: all steps, the shortest times, the first definite client mode, a window if either wants one.
    #[must_use]
    pub fn combine(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        Self {
            steps: self.steps,
            hold_for: self.hold_for.min(other.hold_for),
            release_within: self.release_within.min(other.release_within),
            client: if self.client == ClientMode::Auto { other.client } else { self.client },
            prompt: self.prompt.max(other.prompt),
        }
    }

    /// What is left when grants satisfy these policies (by id): the other policies' steps, and all the times. `None` when that is nothing.
    #[must_use]
    pub fn without(&self, granted: &[&str]) -> Option<Self> {
        let mut left = self.clone();
        left.steps.retain(|step| !granted.contains(&step.policy()));
        (!left.steps.is_empty()).then_some(left)
    }

    /// The steps that can be answered now, given the factors of the requester's answers so far in order: of each policy the first
    /// that is not met. One answer meets at most one step of a policy, and may meet one of several policies at once.
    pub fn open(&self, answers: &[Factor]) -> Vec<&Step> {
        let mut open: Vec<&Step> = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for step in &self.steps {
            if seen.contains(&step.policy()) {
                continue;
            }
            seen.push(step.policy());
            let mut steps = self.steps.iter().filter(|other| other.policy() == step.policy());
            let mut next = steps.next();
            for answer in answers {
                if next.is_some_and(|step| step.accepts(*answer)) {
                    next = steps.next();
                }
            }
            open.extend(next);
        }
        open
    }

    /// Whether these answers meet everything.
    pub fn is_met(&self, answers: &[Factor]) -> bool {
        !self.steps.is_empty() && self.open(answers).is_empty()
    }

    /// The factors that bring the request forward now, those that meet the most open steps first.
    pub fn acceptable(&self, answers: &[Factor]) -> Vec<Factor> {
        let open = self.open(answers);
        let mut ranked: Vec<(usize, Factor)> = Vec::new();
        for step in &open {
            let Step::SelfApproval { factors, .. } = step;
            for factor in factors {
                if !ranked.iter().any(|(_, known)| known == factor) {
                    ranked.push((open.iter().filter(|step| step.accepts(*factor)).count(), *factor));
                }
            }
        }
        ranked.sort_by_key(|(meets, _)| std::cmp::Reverse(*meets));
        ranked.into_iter().map(|(_, factor)| factor).collect()
    }
}

/// How a client that made a held request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientMode {
    /// By what kind of client it is.
    Auto,
    /// Always with a page.
    Page,
    /// The connection waits for the decision.
    Wait,
    /// `202` and where to come back to.
    Accepted,
}

impl ClientMode {
    /// All, as policies may write them.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Page, Self::Wait, Self::Accepted];

    /// The name in policies and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Page => "page",
            Self::Wait => "wait",
            Self::Accepted => "accepted",
        }
    }

    /// The mode of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// Where the prompt of a held request may be shown. The later one is the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PromptMode {
    /// Also in a frame of the application's page.
    Frame,
    /// Only in a window of the portal's own: a script of the application could cover a frame.
    Page,
}

impl PromptMode {
    /// All, as policies may write them.
    pub const ALL: [Self; 2] = [Self::Frame, Self::Page];

    /// The name in policies and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Page => "page",
        }
    }

    /// The mode of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(policy: &str, factors: &[Factor]) -> Step {
        Step::SelfApproval { policy: policy.to_owned(), factors: factors.to_vec() }
    }

    fn requirement(steps: Vec<Step>, hold: u32, client: ClientMode) -> Requirement {
        Requirement {
            steps,
            hold_for: Span::from_secs(hold),
            release_within: Span::from_secs(300),
            client,
            prompt: PromptMode::Frame,
        }
    }

    #[test]
    fn the_strictest_of_two_applies() {
        use Factor::{Email, Passkey, Totp};
        let both = requirement(vec![step("a", &[Totp, Email])], 600, ClientMode::Auto).combine(requirement(
            vec![step("b", &[Email, Passkey])],
            60,
            ClientMode::Page,
        ));
        assert_eq!((both.hold_for, both.client), (Span::from_secs(60), ClientMode::Page));
        assert_eq!(both.acceptable(&[]), [Email, Totp, Passkey], "what meets both comes first");
        assert!(both.is_met(&[Email]), "one answer meets a step of each policy");
        assert!(!both.is_met(&[Totp]));
        assert_eq!(both.acceptable(&[Totp]), [Email, Passkey]);
        assert!(both.is_met(&[Totp, Passkey]));
    }

    #[test]
    fn one_policy_that_wants_a_window_is_enough() {
        let with = |prompt| Requirement { prompt, ..requirement(Vec::new(), 60, ClientMode::Auto) };
        for (one, other, both) in [
            (PromptMode::Frame, PromptMode::Frame, PromptMode::Frame),
            (PromptMode::Frame, PromptMode::Page, PromptMode::Page),
            (PromptMode::Page, PromptMode::Frame, PromptMode::Page),
            (PromptMode::Page, PromptMode::Page, PromptMode::Page),
        ] {
            assert_eq!(with(one).combine(with(other)).prompt, both, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_grant_takes_away_the_steps_of_its_policy_only() {
        use Factor::{Passkey, Totp};
        let both = requirement(vec![step("a", &[Totp]), step("b", &[Passkey])], 60, ClientMode::Auto);
        let left = both.without(&["a"]).unwrap();
        assert_eq!(
            (left.steps.as_slice(), left.hold_for),
            ([step("b", &[Passkey])].as_slice(), both.hold_for)
        );
        assert_eq!(both.without(&["c"]).as_ref(), Some(&both));
        assert_eq!(both.without(&["a", "b"]), None);
    }

    #[test]
    fn one_answer_meets_one_step_of_a_policy() {
        use Factor::{Passkey, Totp};
        let two = requirement(vec![step("a", &[Totp]), step("a", &[Totp, Passkey])], 60, ClientMode::Auto);
        assert!(!two.is_met(&[Totp]));
        assert!(two.is_met(&[Totp, Totp]));
        assert!(!two.is_met(&[Passkey, Totp]), "in order");
        assert!(
            !requirement(Vec::new(), 60, ClientMode::Auto).is_met(&[Totp]),
            "nothing asked is nothing met"
        );
    }
}
