//! Files of seeds, from the vendors of hardware tokens: bytes in, tokens or all faults out.
//!
//! | format | file |
//! |---|---|
//! | PSKC (RFC 6030), plain or encrypted | [`pskc`] |
//! | comma-separated values with a header line | [`csv`] |
//!
//! **Invariant:** a file is taken whole or not at all: one fault refuses it, and every fault is named with its line and serial number.
//! **Invariant:** no fault says anything of a seed, key or password, not even of a value that may have slipped into the wrong column
//! (`faults_say_nothing_of_secrets` in `tests/it/token_import.rs`).
//! **Invariant:** the size of a file, the number of its tokens and the work of a key derivation are bounded before they cost anything.
//!
//! Pure; called by `flow::admin::import` on a thread that may block.

pub mod csv;
pub mod pskc;

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use crate::base::secret::Secret;
use crate::base::text::{Label, Serial};
use crate::base::time::Timestamp;
use crate::factors::oath::{Algorithm, Digits, SeedError, Validity};
use crate::factors::totp::{Drift, Period};
use crate::factors::{Hotp, Totp};

use super::stock::Otp;

/// The largest file that is read.
pub const MOST_BYTES: usize = 8 << 20;
/// The most tokens of one file.
pub const MOST_TOKENS: usize = 10_000;
/// So many faults are shown.
const SHOWN: usize = 50;

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 6030.
    Pskc,
    /// Comma-separated values.
    Csv,
}

impl Format {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pskc => "pskc",
            Self::Csv => "csv",
        }
    }

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pskc, Self::Csv].into_iter().find(|format| format.as_str() == name)
    }

    /// XML begins with `<`; everything else is taken for the other.
    fn guess(text: &str) -> Self {
        if text.trim_start().starts_with('<') { Self::Pskc } else { Self::Csv }
    }
}

/// What opens an encrypted file.
#[derive(Debug, Default)]
pub enum Opener {
    /// Nothing: the file is plain.
    #[default]
    Nothing,
    /// The pre-shared key.
    Key(Secret),
    /// The password that the key is derived from.
    Password(Secret),
}

impl Opener {
    /// The pre-shared key of a key file: 32, 48 or 64 hexadecimal digits, or 16, 24 or 32 bytes as they are.
    ///
    /// # Errors
    /// When it is neither.
    pub fn key(file: &[u8]) -> Result<Self, OpenerError> {
        let digits: Zeroizing<Vec<u8>> =
            Zeroizing::new(file.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect());
        let decoded = data_encoding::HEXLOWER_PERMISSIVE.decode(&digits).ok();
        let bytes = decoded.filter(|bytes| matches!(bytes.len(), 16 | 24 | 32));
        let bytes = bytes.or_else(|| matches!(file.len(), 16 | 24 | 32).then(|| file.to_vec()));
        bytes.map(Secret::from).map(Self::Key).ok_or(OpenerError::Key)
    }

    /// The password of a password file: its text without the line break at the end.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn password(file: &[u8]) -> Result<Self, OpenerError> {
        let text = file.strip_suffix(b"\n").unwrap_or(file);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            return Err(OpenerError::Password);
        }
        Ok(Self::Password(Secret::from(text.to_vec())))
    }
}

/// Why a key or password file opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenerError {
    /// No key.
    #[error("the key file must hold 32, 48 or 64 hexadecimal digits, or 16, 24 or 32 bytes")]
    Key,
    /// No password.
    #[error("the password file is empty")]
    Password,
}

/// How a file is to be read.
#[derive(Debug, Default)]
pub struct How {
    /// The format; guessed from the first character where it is not said.
    pub format: Option<Format>,
    /// What opens it.
    pub opener: Opener,
    /// Takes encrypted values that nothing proves to be unchanged. Nobody can tell then whether a seed is the one that the vendor wrote.
    pub without_mac: bool,
}

/// A token as the file describes it.
#[derive(Debug)]
pub struct Imported {
    /// The number on its back.
    pub serial: Serial,
    /// What the file calls it.
    pub label: Option<Label>,
    /// Its state.
    pub otp: Otp,
}

/// Reads a file; `now` decides what has expired.
///
/// # Errors
/// With all faults.
pub fn read(bytes: &[u8], how: &How, now: Timestamp) -> Result<(Format, Vec<Imported>), Faults> {
    if bytes.len() > MOST_BYTES {
        return Err(Fault::of_file("the file has more than 8 MiB: divide it").into());
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(text) else {
        return Err(Fault::of_file("the file is not UTF-8: convert it").into());
    };
    let format = how.format.unwrap_or_else(|| Format::guess(text));
    let mut reading = Reading::default();
    match (format, &how.opener) {
        (Format::Pskc, _) => pskc::read(text, how, now, &mut reading),
        (Format::Csv, Opener::Nothing) => csv::read(text, &mut reading),
        (Format::Csv, Opener::Key(_) | Opener::Password(_)) => {
            reading.fault(Fault::of_file("the file is not encrypted, though a key or password was given"));
        }
    }
    reading.done().map(|tokens| (format, tokens))
}

/// What was found so far.
#[derive(Default)]
struct Reading {
    tokens: Vec<Imported>,
    faults: Vec<Fault>,
    lines: BTreeMap<Serial, u32>,
}

impl Reading {
    fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// A token that was read on `line`; a second one of its serial number is a fault.
    fn token(&mut self, line: u32, token: Imported) {
        if let Some(first) = self.lines.get(&token.serial) {
            let why = format!("the same serial number is on line {first} already");
            self.fault(Fault::of_token(line, Some(token.serial), why));
            return;
        }
        self.lines.insert(token.serial.clone(), line);
        self.tokens.push(token);
    }

    /// Whether there are more than can be read.
    fn is_full(&mut self) -> bool {
        let full = self.lines.len() + self.faults.len() >= MOST_TOKENS;
        if full {
            self.fault(Fault::of_file("the file has more than 10 000 tokens: divide it"));
        }
        full
    }

    fn done(mut self) -> Result<Vec<Imported>, Faults> {
        if self.tokens.is_empty() && self.faults.is_empty() {
            self.fault(Fault::of_file("the file has no token"));
        }
        if self.faults.is_empty() { Ok(self.tokens) } else { Err(Faults(self.faults)) }
    }
}

/// The numbers of a token, in whatever format they were written.
struct Numbers {
    algorithm: Algorithm,
    digits: Digits,
    validity: Validity,
    kind: Kind,
}

/// What moves the code.
enum Kind {
    Totp { period: Period, last_step: Option<u64>, drift: Drift },
    Hotp { counter: u64 },
}

impl Numbers {
    fn with(self, seed: Secret) -> Result<Otp, SeedError> {
        let Self { algorithm, digits, validity, kind } = self;
        Ok(match kind {
            Kind::Totp { period, last_step, drift } => {
                let totp = Totp::new(seed, algorithm, digits)?;
                Otp::Totp(totp.at(last_step, drift).with_period(period).within(validity))
            }
            Kind::Hotp { counter } => {
                Otp::Hotp(Hotp::new(seed, algorithm, digits)?.at(counter).within(validity))
            }
        })
    }
}

/// Seeds that are too short or long, said without base 32.
const fn bad_length() -> &'static str {
    "the secret does not have 16 to 128 bytes"
}

/// One thing that is wrong with a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1; `None` for the file as a whole.
    pub line: Option<u32>,
    /// The token, where it is known.
    pub serial: Option<Serial>,
    /// What is wrong.
    pub why: String,
}

impl Fault {
    fn of_file(why: impl Into<String>) -> Self {
        Self { line: None, serial: None, why: why.into() }
    }

    fn of_token(line: u32, serial: Option<Serial>, why: impl Into<String>) -> Self {
        // THREAT: in a file whose columns are mixed up a seed may stand where the serial number should: it has 26 characters at least.
        let serial = serial.filter(|serial| serial.as_str().len() < 26);
        Self { line: Some(line), serial, why: why.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(serial) = &self.serial {
            write!(f, "serial number `{serial}`: ")?;
        }
        f.write_str(&self.why)
    }
}

/// All that is wrong with a file, one on each line.
#[derive(Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// The faults, in the order of the file.
    pub fn list(&self) -> &[Fault] {
        &self.0
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.0.iter().take(SHOWN).enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        match self.0.len().checked_sub(SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "\nand {more} more"),
        }
    }
}
