//! A vote: one proof, found fit for one held request.
//!
//! **Invariant:** made only by [`Vote::cast`], which refuses a proof given for another digest, by another person, or by a factor that
//! no open step asks for.
//! ```compile_fail
//! let vote = countersign::approval::Vote { };
//! ```

use crate::base::id::{Authenticator, Id};
use crate::base::text::UserName;
use crate::base::time::Timestamp;
use crate::factors::{Evidence, Factor, Proof};

use super::held::Held;

/// A self-approval that counts.
#[derive(Debug)]
pub struct Vote {
    pub(super) factor: Factor,
    pub(super) authenticator: Id<Authenticator>,
    pub(super) at: Timestamp,
    pub(super) evidence: Option<Evidence>,
}

/// Why a proof is no vote for this held request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CastError {
    /// The proof was given for another request.
    #[error("the proof was given for another request")]
    OtherRequest,
    /// The prover is not the requester.
    #[error("only the requester can give a self-approval")]
    OtherPerson,
    /// No open step asks for this factor.
    #[error("no open step of the requirement asks for this factor")]
    NotAsked,
}

impl Vote {
    /// Turns a proof into a vote; the proof is used up either way.
    ///
    /// # Errors
    /// When the proof does not fit the held request.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a proof is used up by the vote it becomes, or by the refusal"
    )]
    pub fn cast(prover: &UserName, held: &Held, proof: Proof) -> Result<Self, CastError> {
        let subject = held.subject();
        if *prover != subject.requester {
            return Err(CastError::OtherPerson);
        }
        if !proof.is_for(subject.digest.as_bytes()) {
            return Err(CastError::OtherRequest);
        }
        if !subject.requirement.open(&held.factors()).iter().any(|step| step.accepts(proof.factor())) {
            return Err(CastError::NotAsked);
        }
        Ok(Self {
            factor: proof.factor(),
            authenticator: proof.authenticator(),
            at: proof.at(),
            evidence: proof.evidence().cloned(),
        })
    }
}

/// A vote as it is kept with the held request: the record of it, not the right it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cast {
    /// What was proved with.
    pub factor: Factor,
    /// Which authenticator.
    pub authenticator: Id<Authenticator>,
    /// When.
    pub at: Timestamp,
    /// What a third party can check, where the factor leaves such.
    pub evidence: Option<Evidence>,
}

impl From<Vote> for Cast {
    fn from(vote: Vote) -> Self {
        Self { factor: vote.factor, authenticator: vote.authenticator, at: vote.at, evidence: vote.evidence }
    }
}
