//! Verification questions: kept by their user, and checked by an operator who has somebody on the telephone.
//!
//! **Invariant:** an answer is an Argon2id hash before it is stored, in no reply, log or audit entry; nobody reads one back
//! (`tests/it/account_questions.rs`).
//! **Invariant:** a right answer opens no session and makes no [`Proof`](crate::factors::Proof): all that comes of it is a word for the operator.
//! **Invariant:** the operator's attempts are counted before they are judged, for each question apart: who guesses answers blocks no approval,
//! and whoever knows one answer cannot guess the others without end.
//!
//! No answer is compared with the user's other ones: that would let whoever sits at an open account try answers without being counted.

use crate::audit::{Actor, EventKind};
use crate::base::language::Language;
use crate::base::secret::fingerprint;
use crate::base::settings::account::Questions;
use crate::base::text::UserName;
use crate::directory::question::{self, MOST, Question, Unfit};
use crate::directory::session::Standing;
use crate::factors::password::Typed;
use crate::factors::throttle::Ledger;
use crate::notify::letter::Notice;
use crate::store::{Commit, Key, keys};

use super::super::attempt::Stopped;
use super::super::{Flows, TRIES, Unavailable, contended, lost_race};
use super::Opened;

/// A question as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnQuestion {
    /// Names it in addresses; no secret.
    pub id: String,
    /// The question.
    pub text: String,
}

/// What is to be kept.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// One of the tenant's, in whatever language.
    Listed(&'a str),
    /// One of the user's own.
    Own(&'a str),
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is kept.
    Done,
    /// The question or the answer may not be.
    Unfit(Unfit),
    /// The user has this question already.
    Taken,
    /// The user has as many as there may be.
    Enough,
    /// There is no such question, or the tenant does not let users ask it.
    NotOffered,
    /// The session has ended meanwhile.
    Ended,
}

/// What came of an operator's check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::flow) enum Checked {
    /// The answer is right.
    Right,
    /// It is not; so many more before a pause.
    Wrong {
        /// Wrong answers left.
        left: u32,
    },
    /// No attempt is taken now.
    Stopped(Stopped),
}

impl Flows {
    /// What the tenant says of verification questions; `None` where it has not turned them on.
    pub fn asks(&self) -> Option<&Questions> {
        self.0.parts.account.questions.as_ref()
    }

    /// The questions that the user of a session keeps, in their order.
    pub fn own_questions(&self, opened: &Opened) -> Vec<OwnQuestion> {
        let view = |one: &Question| OwnQuestion { id: named(&opened.user.name, one), text: one.text.clone() };
        opened.account.questions.iter().map(view).collect()
    }

    /// The questions that the tenant offers and the user of a session does not have yet, in a language.
    pub fn offered_questions(&self, opened: &Opened, language: Language) -> Vec<&str> {
        let list = self.asks().map_or(&[][..], |asks| &asks.list);
        let mine = &opened.account.questions;
        let free = list.iter().filter(|listed| !mine.iter().any(|one| listed.is(&one.text)));
        free.map(|listed| listed.in_language(language)).collect()
    }

    /// Keeps a question with the hash of its answer. The caller has found the session fresh.
    ///
    /// # Errors
    /// When the store cannot be used; nothing has changed then.
    pub async fn add_question(
        &self,
        opened: &Opened,
        wanted: Wanted<'_>,
        typed: &str,
    ) -> Result<Kept, Unavailable> {
        let Some(asks) = self.asks() else { return Ok(Kept::NotOffered) };
        let text = match wanted {
            Wanted::Listed(text) if asks.list.iter().any(|listed| listed.is(text)) => text.to_owned(),
            Wanted::Own(text) if asks.own => match question::text(text) {
                Ok(text) => text,
                Err(unfit) => return Ok(Kept::Unfit(unfit)),
            },
            Wanted::Listed(_) | Wanted::Own(_) => return Ok(Kept::NotOffered),
        };
        let answer = match question::answer(&text, typed) {
            Ok(answer) => self.hashed(answer).await?,
            Err(unfit) => return Ok(Kept::Unfit(unfit)),
        };
        let same = |one: &Question| {
            one.text == text || asks.list.iter().any(|listed| listed.is(&one.text) && listed.is(&text))
        };
        self.change_questions(opened, "added", |mine| {
            if mine.iter().any(same) {
                return Kept::Taken;
            }
            if mine.len() >= MOST {
                return Kept::Enough;
            }
            mine.push(Question { text: text.clone(), answer: answer.clone() });
            Kept::Done
        })
        .await
    }

    /// Gives one of the user's questions another answer. The caller has found the session fresh.
    ///
    /// # Errors
    /// When the store cannot be used; nothing has changed then.
    pub async fn answer_question(&self, opened: &Opened, id: &str, typed: &str) -> Result<Kept, Unavailable> {
        let user = &opened.user.name;
        let known = opened.account.questions.iter().find(|one| named(user, one) == id);
        let Some(known) = known.filter(|_| self.asks().is_some()) else { return Ok(Kept::NotOffered) };
        let answer = match question::answer(&known.text, typed) {
            Ok(answer) => self.hashed(answer).await?,
            Err(unfit) => return Ok(Kept::Unfit(unfit)),
        };
        self.change_questions(opened, "answered again", |mine| {
            match mine.iter_mut().find(|one| named(user, one) == id) {
                Some(one) => {
                    one.answer = answer.clone();
                    Kept::Done
                }
                None => Kept::NotOffered,
            }
        })
        .await
    }

    /// Forgets one of the user's questions; also where the tenant has turned them off since. The caller has found the session fresh.
    ///
    /// # Errors
    /// When the store cannot be used; nothing has changed then.
    pub async fn remove_question(&self, opened: &Opened, id: &str) -> Result<Kept, Unavailable> {
        self.change_questions(opened, "removed", |mine| {
            let before = mine.len();
            mine.retain(|one| named(&opened.user.name, one) != id);
            if mine.len() < before { Kept::Done } else { Kept::NotOffered }
        })
        .await
    }

    /// Changes the questions of a user, tells all contacts of it, and writes down that it was done: one commit.
    async fn change_questions(
        &self,
        opened: &Opened,
        what: &'static str,
        change: impl Fn(&mut Vec<Question>) -> Kept + Send + Sync,
    ) -> Result<Kept, Unavailable> {
        let user = &opened.user.name;
        for _ in 0..TRIES {
            let (mut account, row) = self.account(user).await?;
            if opened.standing != Standing::SignedIn || account.epoch != opened.session.epoch {
                return Ok(Kept::Ended);
            }
            let done = change(&mut account.questions);
            if done != Kept::Done {
                return Ok(done);
            }
            let event = self
                .event(EventKind::QuestionsSet, Actor::User(user.clone()))
                .with("user", user)
                .with("what", what)
                .with("questions", account.questions.len());
            let told = self.notice(user, &Notice::QuestionsChanged).await?;
            let commit = self.put_account(user, row.as_ref(), account).and(told).record(event);
            match self.store().commit(commit).await {
                Ok(_) => return Ok(Kept::Done),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }

    /// Judges an answer that somebody gave an operator; counted first.
    pub(in crate::flow) async fn check_answer(
        &self,
        actor: &Actor,
        user: &UserName,
        question: &Question,
        typed: &str,
    ) -> Result<Checked, Unavailable> {
        let attempts = ledger_of(user, question);
        let left = match self.count_apart(&attempts, (user, "question"), actor).await? {
            Ok(left) => left,
            Err(stopped) => return Ok(Checked::Stopped(stopped)),
        };
        let right = match Typed::loosely(typed) {
            Ok(typed) => self.is_of(typed, question.answer.clone()).await?,
            Err(_) => false,
        };
        for _ in 0..TRIES {
            let event = self.event(EventKind::QuestionAsked, actor.clone());
            let event = event.with("user", user).with("question", named(user, question)).with("right", right);
            let mut commit = Commit::new().record(event);
            if right {
                let found = self.row(&attempts).await?;
                let cleared = self.records().seal_ledger(&attempts, &Ledger::cleared());
                commit = commit.put(attempts.clone(), found.as_ref(), cleared, None);
            }
            match self.store().commit(commit).await {
                Ok(_) if right => return Ok(Checked::Right),
                Ok(_) => return Ok(Checked::Wrong { left }),
                Err(error) => lost_race(error)?,
            }
        }
        Err(contended())
    }
}

/// Where the wrong answers to a question are counted.
pub(in crate::flow) fn ledger_of(user: &UserName, one: &Question) -> Key {
    keys::question_attempts(user, &named(user, one))
}

/// What names a question of a user in addresses.
fn named(user: &UserName, one: &Question) -> String {
    let print = fingerprint("countersign-question-v1", &[user.as_str().as_bytes(), one.text.as_bytes()]);
    data_encoding::HEXLOWER.encode(print.get(..16).unwrap_or(&print))
}
