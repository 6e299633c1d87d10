//! The books of the bank: accounts, payees, uploads, and the journal of every action carried out.
//!
//! **Invariant:** an operation changes everything it names and adds exactly one journal entry, or it changes nothing and says why
//! (`tests/it/demo_bank.rs`, `refused_transfers_change_nothing`).
//! **Invariant:** journal numbers run from 1 without a gap, so "executed exactly once" can be read from them.
//!
//! Called by the pages, each time inside one lock.

use super::{Amount, Iban};

/// A customer or employee, with the one account that belongs to the name.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) full_name: &'static str,
    pub(super) password: &'static str,
    pub(super) pin: &'static str,
    pub(super) groups: &'static [&'static str],
    pub(super) iban: &'static str,
    pub(super) balance: Amount,
    pub(super) daily_limit: Amount,
    pub(super) used_today: Amount,
    pub(super) locked: bool,
    /// Newest last.
    pub(super) bookings: Vec<Booking>,
}

/// One line of an account statement.
#[derive(Clone)]
pub(super) struct Booking {
    pub(super) day: String,
    pub(super) text: String,
    pub(super) counterparty: String,
    /// Negative for money that left the account.
    pub(super) amount: Amount,
}

/// A stored account number of somebody who is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// Number of the entry, never reused.
    pub id: u64,
    /// Login name of the owner of the entry.
    pub owner: String,
    /// Who is paid.
    pub name: String,
    /// The account paid to.
    pub iban: Iban,
}

/// A transfer that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Its number in the journal.
    pub number: u64,
    /// Login name of the person whose account was debited.
    pub user: String,
    /// The account paid to.
    pub iban: Iban,
    /// What was paid.
    pub amount: Amount,
    /// The reference as typed.
    pub reference: String,
}

/// A received statement file; its contents are not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its number in the journal.
    pub number: u64,
    /// Login name of the sender.
    pub user: String,
    /// The account the file was sent for, as typed.
    pub account: String,
    /// Name of the file as the sender gave it.
    pub file: String,
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the bytes received, in small hexadecimal.
    pub sha256: String,
}

/// One executed action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Runs from 1 without a gap.
    pub number: u64,
    /// Login name of who did it.
    pub user: String,
    /// `transfer`, `payee-added`, `payee-deleted`, `statement`, `limit`, `lock` or `unlock`.
    pub action: &'static str,
    /// What was done, in words.
    pub detail: String,
}

/// A transfer as somebody asks for it, nothing checked yet.
#[derive(Clone, Default)]
pub(super) struct Order {
    pub(super) iban: String,
    pub(super) amount: String,
    pub(super) reference: String,
    pub(super) pin: String,
}

/// Why an operation was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Objection {
    #[error("`{0}` is not an amount; write it like 250 or 250.50")]
    NotAnAmount(String),
    #[error("the amount must be more than zero")]
    Nothing,
    #[error("`{0}` is not a valid IBAN; please check every digit")]
    NotAnIban(String),
    #[error("the money is on this account already")]
    OwnAccount,
    #[error("the reference is longer than 140 characters")]
    LongReference,
    #[error("the card PIN is wrong")]
    WrongPin,
    #[error("your balance of {} EUR does not cover this transfer", .0.grouped())]
    InsufficientFunds(Amount),
    #[error("this would exceed your daily limit; {} EUR are left today", .0.grouped())]
    OverLimit(Amount),
    #[error("please give the payee a name of at most 70 characters")]
    NoName,
    #[error("there is no such entry")]
    Unknown,
    #[error("you cannot lock your own account")]
    OwnLock,
    #[error("the account of {0} is {1} already")]
    AsItIs(String, &'static str),
}

impl Objection {
    /// A short name for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NotAnAmount(_) | Self::Nothing => "invalid_amount",
            Self::NotAnIban(_) | Self::OwnAccount => "invalid_iban",
            Self::LongReference => "invalid_reference",
            Self::WrongPin => "wrong_pin",
            Self::InsufficientFunds(_) => "insufficient_funds",
            Self::OverLimit(_) => "over_daily_limit",
            Self::NoName => "invalid_name",
            Self::Unknown => "not_found",
            Self::OwnLock | Self::AsItIs(..) => "conflict",
        }
    }

    /// A sentence for people: capital letter first, full stop last.
    pub(super) fn sentence(&self) -> String {
        let text = self.to_string();
        let mut letters = text.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).chain(['.']).collect())
            .unwrap_or_default()
    }
}

/// Everything the bank remembers, sessions aside.
pub(super) struct Books {
    pub(super) people: Vec<Person>,
    pub(super) payees: Vec<Payee>,
    pub(super) next_payee: u64,
    pub(super) transfers: Vec<Transfer>,
    pub(super) uploads: Vec<Upload>,
    pub(super) journal: Vec<JournalEntry>,
}

impl Books {
    pub(super) fn person(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.name == name)
    }

    fn person_mut(&mut self, name: &str) -> Result<&mut Person, Objection> {
        self.people.iter_mut().find(|person| person.name == name).ok_or(Objection::Unknown)
    }

    fn record(&mut self, user: &str, action: &'static str, detail: String) -> u64 {
        let number = self.journal.last().map_or(1, |last| last.number.saturating_add(1));
        self.journal.push(JournalEntry { number, user: user.to_owned(), action, detail });
        number
    }

    /// Carries out a transfer and returns its number; a payee of this bank is credited at once.
    pub(super) fn transfer(&mut self, user: &str, order: &Order, day: &str) -> Result<u64, Objection> {
        let payer = self.person(user).ok_or(Objection::Unknown)?;
        let typed = order.amount.trim();
        let amount = Amount::parse(typed).ok_or_else(|| Objection::NotAnAmount(short(typed)))?;
        let iban = Iban::parse(&order.iban).ok_or_else(|| Objection::NotAnIban(short(&order.iban)))?;
        let reference = order.reference.trim();
        let left = payer.daily_limit.minus(payer.used_today);
        if amount == Amount::ZERO {
            return Err(Objection::Nothing);
        } else if iban.as_str() == payer.iban {
            return Err(Objection::OwnAccount);
        } else if reference.chars().count() > 140 {
            return Err(Objection::LongReference);
        } else if !order.pin.is_empty() && order.pin != payer.pin {
            return Err(Objection::WrongPin);
        } else if amount > payer.balance {
            return Err(Objection::InsufficientFunds(payer.balance));
        } else if amount > left {
            return Err(Objection::OverLimit(left));
        }
        let from = payer.iban;
        let book = |person: &mut Person, counterparty: &str, amount: Amount| {
            person.balance = person.balance.plus(amount);
            person.bookings.push(Booking {
                day: day.to_owned(),
                text: reference.to_owned(),
                counterparty: counterparty.to_owned(),
                amount,
            });
        };
        let payer = self.person_mut(user)?;
        payer.used_today = payer.used_today.plus(amount);
        book(payer, iban.as_str(), Amount::ZERO.minus(amount));
        if let Some(person) = self.people.iter_mut().find(|person| person.iban == iban.as_str()) {
            book(person, from, amount);
        }
        let number = self.record(user, "transfer", format!("{amount} EUR to {iban}: {reference}"));
        self.transfers.push(Transfer {
            number,
            user: user.to_owned(),
            iban,
            amount,
            reference: reference.to_owned(),
        });
        Ok(number)
    }

    /// Stores a payee and returns its id.
    pub(super) fn add_payee(&mut self, user: &str, name: &str, iban: &str) -> Result<u64, Objection> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 70 {
            return Err(Objection::NoName);
        }
        let iban = Iban::parse(iban).ok_or_else(|| Objection::NotAnIban(short(iban)))?;
        let id = self.next_payee;
        self.next_payee = id.saturating_add(1);
        self.record(user, "payee-added", format!("payee {id}: {name}, {iban}"));
        self.payees.push(Payee { id, owner: user.to_owned(), name: name.to_owned(), iban });
        Ok(id)
    }

    /// Removes one of the user's payees.
    pub(super) fn delete_payee(&mut self, user: &str, id: u64) -> Result<(), Objection> {
        let place = self
            .payees
            .iter()
            .position(|payee| payee.id == id && payee.owner == user)
            .ok_or(Objection::Unknown)?;
        let payee = self.payees.remove(place);
        self.record(user, "payee-deleted", format!("payee {id}: {}, {}", payee.name, payee.iban));
        Ok(())
    }

    /// Notes a received file and returns its number.
    pub(super) fn receive(
        &mut self,
        user: &str,
        account: String,
        file: String,
        size: u64,
        sha256: String,
    ) -> u64 {
        let number =
            self.record(user, "statement", format!("{file} for {account}, {size} bytes, SHA-256 {sha256}"));
        self.uploads.push(Upload { number, user: user.to_owned(), account, file, size, sha256 });
        number
    }

    /// Sets what a customer may transfer in a day.
    pub(super) fn set_limit(&mut self, by: &str, customer: &str, limit: &str) -> Result<(), Objection> {
        let typed = limit.trim();
        let limit = Amount::parse(typed).ok_or_else(|| Objection::NotAnAmount(short(typed)))?;
        let person = self.person_mut(customer)?;
        let before = std::mem::replace(&mut person.daily_limit, limit);
        self.record(by, "limit", format!("daily limit of {customer} from {before} to {limit} EUR"));
        Ok(())
    }

    /// Locks or unlocks an account; sessions of a locked one are ended by the caller.
    pub(super) fn set_locked(&mut self, by: &str, customer: &str, locked: bool) -> Result<(), Objection> {
        if by == customer {
            return Err(Objection::OwnLock);
        }
        let person = self.person_mut(customer)?;
        if person.locked == locked {
            return Err(Objection::AsItIs(customer.to_owned(), if locked { "locked" } else { "open" }));
        }
        person.locked = locked;
        self.record(by, if locked { "lock" } else { "unlock" }, format!("account of {customer}"));
        Ok(())
    }
}

/// What somebody typed, short enough for a message.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
