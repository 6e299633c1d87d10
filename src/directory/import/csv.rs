//! Seeds as comma-separated values, one token on a line under a header line that names the columns, in any order:
//!
//! ```text
//! serial,secret,kind,digits,period,counter,algorithm,label
//! 100200300,3132333435363738393031323334353637383930,hotp,6,,0,SHA1,Card
//! 100200301,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,totp,8,60,,SHA1,
//! ```
//!
//! `serial`, `secret` and `kind` are needed. `period|counter` may be one column. Values may be quoted as in RFC 4180, within one line.
//!
//! **Invariant:** a secret that reads as hexadecimal and as base 32 alike is refused unless `hex:` or `base32:` stands before it.
//! **Invariant:** no value is repeated in a fault, the serial number apart.

use zeroize::Zeroizing;

use crate::base::secret::Secret;
use crate::base::text::{Label, Serial};
use crate::factors::oath::{Algorithm, Digits, Validity};
use crate::factors::totp::{Drift, Period};

use super::{Fault, Imported, Kind, Numbers, Reading, bad_length};

/// The longest line.
const LINE: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Serial,
    Secret,
    Kind,
    Digits,
    Period,
    Counter,
    Moving,
    Algorithm,
    Label,
}

impl Column {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Serial, "serial"),
        (Self::Secret, "secret"),
        (Self::Kind, "kind"),
        (Self::Digits, "digits"),
        (Self::Period, "period"),
        (Self::Counter, "counter"),
        (Self::Moving, "period|counter"),
        (Self::Algorithm, "algorithm"),
        (Self::Label, "label"),
    ];
    const NEEDED: [(Self, &'static str); 3] =
        [(Self::Serial, "serial"), (Self::Secret, "secret"), (Self::Kind, "kind")];

    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, known)| name.trim().eq_ignore_ascii_case(known))
            .map(|(column, _)| column)
    }
}

pub(super) fn read(text: &str, reading: &mut Reading) {
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let Some((number, header)) = lines.next() else { return };
    let columns = match columns(header) {
        Ok(columns) => columns,
        Err(why) => {
            reading.fault(Fault::of_token(number, None, why));
            return;
        }
    };
    for (number, line) in lines {
        if reading.is_full() {
            return;
        }
        let row = match fields(line).filter(|fields| fields.len() == columns.len()) {
            Some(values) => Row { number, columns: &columns, values },
            None => {
                let why = format!("it does not have {} values, or a quotation mark is open", columns.len());
                reading.fault(Fault::of_token(number, None, why));
                continue;
            }
        };
        row.read(reading);
    }
}

fn columns(header: &str) -> Result<Vec<Column>, String> {
    const HELP: &str = "the first line must name the columns, e.g. \
                        `serial,secret,kind,digits,period,counter,algorithm,label`";
    let names = fields(header).ok_or(HELP)?;
    // A file without a header line has a secret there: nothing of it is repeated.
    let columns: Option<Vec<Column>> = names.iter().map(|name| Column::named(name)).collect();
    let columns = columns.ok_or(HELP)?;
    for (column, name) in Column::ALL {
        if columns.iter().filter(|one| **one == column).count() > 1 {
            return Err(format!("the column `{name}` is there twice"));
        }
    }
    if columns.contains(&Column::Moving)
        && (columns.contains(&Column::Period) || columns.contains(&Column::Counter))
    {
        return Err("give `period|counter`, or `period` and `counter`, not both".to_owned());
    }
    let missing = Column::NEEDED.into_iter().find(|(column, _)| !columns.contains(column));
    missing.map_or(Ok(columns), |(_, name)| Err(format!("the column `{name}` is missing")))
}

/// The values of one line; `None` when it is too long or its quotation marks do not match.
fn fields(line: &str) -> Option<Vec<Zeroizing<String>>> {
    if line.len() > LINE {
        return None;
    }
    let (mut all, mut value) = (Vec::new(), Zeroizing::new(String::new()));
    let (mut quoted, mut closed) = (false, false);
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                value.push('"');
            }
            '"' if quoted => (quoted, closed) = (false, true),
            '"' if value.trim().is_empty() && !closed => {
                value.clear();
                quoted = true;
            }
            ',' if !quoted => {
                all.push(std::mem::take(&mut value));
                closed = false;
            }
            c if closed && !c.is_whitespace() => return None,
            '"' => return None,
            _ if closed => {}
            c => value.push(c),
        }
    }
    all.push(value);
    (!quoted).then_some(all)
}

struct Row<'a> {
    number: u32,
    columns: &'a [Column],
    values: Vec<Zeroizing<String>>,
}

impl Row<'_> {
    fn value(&self, column: Column) -> &str {
        let place = self.columns.iter().position(|one| *one == column);
        place.and_then(|place| self.values.get(place)).map_or("", |value| value.trim())
    }

    fn read(&self, reading: &mut Reading) {
        let serial = Serial::parse(self.value(Column::Serial));
        let mut faults: Vec<String> = Vec::new();
        if let Err(why) = &serial {
            faults.push(format!("the serial number cannot be used: {why}"));
        }
        let mut keep = |fault: String| faults.push(fault);
        let seed = secret(self.value(Column::Secret)).map_err(|why| keep(why.to_owned())).ok();
        let kind = self.kind().map_err(|why| keep(why.to_owned())).ok();
        let digits = match self.value(Column::Digits) {
            "" => Some(Digits::Six),
            text => text.parse().ok().and_then(Digits::parse),
        };
        if digits.is_none() {
            keep("a code has 6 or 8 digits".to_owned());
        }
        let algorithm = match self.value(Column::Algorithm) {
            "" => Some(Algorithm::Sha1),
            text => Algorithm::parse(&text.to_ascii_uppercase().replace('-', "")),
        };
        if algorithm.is_none() {
            keep("the algorithm must be `SHA1`, `SHA256` or `SHA512`".to_owned());
        }
        let label = match self.value(Column::Label) {
            "" => Ok(None),
            text => Label::parse(text).map(Some),
        };
        if let Err(why) = &label {
            keep(format!("the label cannot be used: {why}"));
        }
        let numbers = kind.zip(digits).zip(algorithm).map(|((kind, digits), algorithm)| Numbers {
            algorithm,
            digits,
            validity: Validity::default(),
            kind,
        });
        let otp = numbers
            .zip(seed)
            .and_then(|(numbers, seed)| numbers.with(seed).map_err(|_| keep(bad_length().to_owned())).ok());
        match (serial.clone(), label, otp) {
            (Ok(serial), Ok(label), Some(otp)) if faults.is_empty() => {
                reading.token(self.number, Imported { serial, label, otp });
            }
            _ => {
                for why in faults {
                    reading.fault(Fault::of_token(self.number, serial.clone().ok(), why));
                }
            }
        }
    }

    fn kind(&self) -> Result<Kind, &'static str> {
        let moving = self.value(Column::Moving);
        let (period, counter) = (self.value(Column::Period), self.value(Column::Counter));
        match self.value(Column::Kind).to_ascii_lowercase().as_str() {
            "totp" if !counter.is_empty() => Err("a time-based token has no counter"),
            "totp" => {
                let period = match if moving.is_empty() { period } else { moving } {
                    "" => Some(Period::Thirty),
                    text => text.parse().ok().and_then(Period::parse),
                };
                let period = period.ok_or("the period must be `30` or `60`")?;
                Ok(Kind::Totp { period, last_step: None, drift: Drift::default() })
            }
            "hotp" if !period.is_empty() => Err("a counter-based token has no period"),
            "hotp" => {
                let counter = match if moving.is_empty() { counter } else { moving } {
                    "" => Some(0),
                    text => text.parse().ok(),
                };
                Ok(Kind::Hotp { counter: counter.ok_or("the counter must be a number")? })
            }
            _ => Err("the kind must be `totp` or `hotp`"),
        }
    }
}

/// A secret in hexadecimal or base 32.
fn secret(text: &str) -> Result<Secret, &'static str> {
    let plain: Zeroizing<String> = Zeroizing::new(text.chars().filter(|c| !matches!(c, ' ' | '-')).collect());
    let hex = |text: &str| data_encoding::HEXUPPER_PERMISSIVE.decode(text.as_bytes()).ok();
    let base32 = |text: &str| {
        let upper = Zeroizing::new(text.trim_end_matches('=').to_ascii_uppercase());
        data_encoding::BASE32_NOPAD.decode(upper.as_bytes()).ok()
    };
    let bytes = match plain.split_once(':') {
        Some(("hex", rest)) => hex(rest),
        Some(("base32", rest)) => base32(rest),
        Some(_) => None,
        None => match (hex(&plain), base32(&plain)) {
            (Some(_), Some(_)) if !plain.is_empty() => {
                return Err(
                    "the secret reads as hexadecimal and as base 32: write `hex:` or `base32:` before it",
                );
            }
            (Some(bytes), _) | (None, Some(bytes)) => Some(bytes),
            (None, None) => None,
        },
    };
    bytes.map(Secret::from).ok_or("the secret is neither hexadecimal nor base 32")
}
