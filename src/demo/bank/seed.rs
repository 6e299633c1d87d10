//! The bank's first day: three people, their accounts and payees. The same on every start.
//!
//! Called by [`super::Bank::new`].

use super::ledger::{Booking, Books, Payee, Person};
use super::{Amount, Iban};

/// A person who can log in, for those who print or type it.
#[derive(Clone, Copy, Debug)]
pub struct SeedUser {
    /// Login name.
    pub name: &'static str,
    /// Password of the demonstration.
    pub password: &'static str,
    /// Name as on a letter.
    pub full_name: &'static str,
    /// Four-digit card PIN, an optional field of a transfer.
    pub pin: &'static str,
    /// `customers`, `treasury` and `admin`.
    pub groups: &'static [&'static str],
    /// Account number, without spaces.
    pub iban: &'static str,
}

/// The three people of the demonstration; `carol` works in the treasury and is the administrator.
pub const SEED_USERS: [SeedUser; 3] = [
    SeedUser {
        name: "alice",
        password: "alice",
        full_name: "Alice Ashdown",
        pin: "4711",
        groups: &["customers"],
        iban: "DE23999010600000104711",
    },
    SeedUser {
        name: "bob",
        password: "bob",
        full_name: "Bob Brightwell",
        pin: "4812",
        groups: &["customers"],
        iban: "DE12999010600000104812",
    },
    SeedUser {
        name: "carol",
        password: "carol",
        full_name: "Carol Cotterill",
        pin: "4913",
        groups: &["treasury", "admin"],
        iban: "DE98999010600000104913",
    },
];

/// Opening balances and daily limits in cents, in the order of [`SEED_USERS`].
const OPENING: [(i64, i64); 3] = [(18_432_055, 25_000_000), (1_264_010, 1_000_000), (92_100_000, 50_000_000)];

/// Earlier bookings of every account: day, text, counterparty, cents.
const HISTORY: [(&str, &str, &str, i64); 4] = [
    ("2026-10-30", "Salary October", "DE60999202700015820759", 412_000),
    ("2026-11-02", "Rent November", "DE20999300001002003004", -98_000),
    ("2026-11-05", "Electricity, contract 88-1204", "NL91ABNA0417164300", -7_450),
    ("2026-11-17", "Library & reading room, annual fee", "AT611904300234573201", -2_400),
];

/// First payees: owner, name, account.
const PAYEES: [(&str, &str, &str); 5] = [
    ("alice", "Harbour View Lettings", "DE89370400440532013000"),
    ("alice", "Northern Light & Power", "NL91ABNA0417164300"),
    ("alice", "Bob Brightwell", "DE12999010600000104812"),
    ("bob", "Alice Ashdown", "DE23999010600000104711"),
    ("carol", "Settlement account Vienna", "AT611904300234573201"),
];

/// The books as they are before anybody did anything.
pub(super) fn books() -> Books {
    let people = SEED_USERS.iter().zip(OPENING).map(|(user, (balance, limit))| Person {
        name: user.name,
        full_name: user.full_name,
        password: user.password,
        pin: user.pin,
        groups: user.groups,
        iban: user.iban,
        balance: Amount::from_cents(balance),
        daily_limit: Amount::from_cents(limit),
        used_today: Amount::ZERO,
        locked: false,
        bookings: HISTORY.iter().map(booking).collect(),
    });
    let payees = PAYEES.iter().zip(1..).filter_map(|((owner, name, iban), id)| {
        let iban = Iban::parse(iban)?;
        Some(Payee { id, owner: (*owner).to_owned(), name: (*name).to_owned(), iban })
    });
    let payees: Vec<Payee> = payees.collect();
    let next_payee = payees.last().map_or(1, |last| last.id.saturating_add(1));
    Books {
        people: people.collect(),
        payees,
        next_payee,
        transfers: Vec::new(),
        uploads: Vec::new(),
        journal: Vec::new(),
    }
}

fn booking(&(day, text, counterparty, cents): &(&str, &str, &str, i64)) -> Booking {
    Booking {
        day: day.to_owned(),
        text: text.to_owned(),
        counterparty: counterparty.to_owned(),
        amount: Amount::from_cents(cents),
    }
}

#[cfg(test)]
mod tests {
    use super::{HISTORY, Iban, PAYEES, SEED_USERS, books};

    #[test]
    fn every_seeded_account_number_is_valid() {
        let all = SEED_USERS
            .iter()
            .map(|user| user.iban)
            .chain(HISTORY.iter().map(|line| line.2))
            .chain(PAYEES.iter().map(|payee| payee.2));
        for iban in all {
            assert!(Iban::parse(iban).is_some(), "{iban}");
        }
        assert_eq!(books().payees.len(), PAYEES.len());
    }
}
