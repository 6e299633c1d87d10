//! PSKC (RFC 6030): containers of keys for one-time passwords, plain or encrypted ([`sealed`]).
//!
//! Taken are `hotp` and `totp` keys with decimal responses of 6 or 8 digits. Drafts of the RFC, challenge-response keys and check digits are refused.
//! A signature of the container is not looked at: who trusts a file must know where it is from.
//!
//! **Invariant:** a key whose policy says something that is not understood is refused (RFC 6030 §5), as is one that has expired or is for other uses.
//! **Invariant:** no document type, and no element of the PSKC namespace that is not known.

mod sealed;

use roxmltree::{Document, Node, ParsingOptions};
use zeroize::Zeroizing;

use crate::base::secret::Secret;
use crate::base::text::{Label, Serial};
use crate::base::time::Timestamp;
use crate::factors::oath::{Algorithm, Digits, Validity};
use crate::factors::totp::{Drift, Period};

use super::{Fault, How, Imported, Kind, Numbers, Opener, Reading, bad_length};
use sealed::Sealing;

const PSKC: &str = "urn:ietf:params:xml:ns:keyprov:pskc";
/// Of a document; about a hundred for each token.
const NODES: u32 = 4_000_000;
/// Uses of a key that RFC 6030 §5 knows.
const USES: [&str; 11] = [
    "OTP",
    "CR",
    "Encrypt",
    "Integrity",
    "Verify",
    "Unlock",
    "Decrypt",
    "KeyWrap",
    "Unwrap",
    "Derive",
    "Generate",
];
const PIN_ATTRIBUTES: [&str; 6] =
    ["PINKeyId", "PINUsageMode", "MaxFailedAttempts", "MinLength", "MaxLength", "PINEncoding"];

/// What is wrong, for the operator.
type Why = String;

pub(super) fn read(text: &str, how: &How, now: Timestamp, reading: &mut Reading) {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(text, options) {
        Ok(document) => document,
        Err(roxmltree::Error::DtdDetected) => {
            return reading
                .fault(Fault::of_file("the file has a document type, which may hide or fetch things"));
        }
        // The parser's words may repeat what is in the file.
        Err(error) => {
            let why = "the file is not well-formed XML from here on";
            return reading.fault(Fault::of_token(error.pos().row, None, why));
        }
    };
    let root = document.root_element();
    let sealing = match container(root).and_then(|()| Sealing::read(root, how)) {
        Ok(sealing) => sealing,
        Err(why) => return reading.fault(Fault::of_file(why)),
    };
    let (mut line, mut counted) = (1u32, 0);
    for package in elements(root).filter(|node| node.has_tag_name((PSKC, "KeyPackage"))) {
        if reading.is_full() {
            return;
        }
        let start = package.range().start;
        let breaks = text.get(counted..start).map_or(0, |part| part.matches('\n').count());
        (line, counted) = (line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX)), start);
        let serial = serial(package);
        match serial.clone().and_then(|serial| token(package, serial, &sealing, how, now)) {
            Ok(token) => reading.token(line, token),
            Err(why) => reading.fault(Fault::of_token(line, serial.ok(), why)),
        }
    }
}

fn container(root: Node<'_, '_>) -> Result<(), Why> {
    let name = root.tag_name();
    let namespace = name.namespace().unwrap_or_default();
    if namespace != PSKC && namespace.starts_with("urn:ietf:params:xml:ns:keyprov:pskc") {
        return Err("the file follows a draft of RFC 6030: ask the vendor for one of version 1.0".to_owned());
    }
    if namespace != PSKC || name.name() != "KeyContainer" {
        return Err("the file is no PSKC container (RFC 6030)".to_owned());
    }
    if root.attribute("Version") != Some("1.0") {
        return Err("the container is not of version 1.0".to_owned());
    }
    known(root, &["EncryptionKey", "MACMethod", "KeyPackage", "Extensions"])
}

fn serial(package: Node<'_, '_>) -> Result<Serial, Why> {
    let device = one(package, PSKC, "DeviceInfo")?;
    let number = device.map(|device| one(device, PSKC, "SerialNo")).transpose()?.flatten();
    let text = match number {
        Some(number) => content(number)?,
        None => {
            let id = one(package, PSKC, "Key")?.and_then(|key| key.attribute("Id"));
            Zeroizing::new(id.ok_or("it has neither a serial number nor a key with an `Id`")?.to_owned())
        }
    };
    Serial::parse(&text).map_err(|why| format!("its serial number cannot be used: {why}"))
}

fn token(
    package: Node<'_, '_>,
    serial: Serial,
    sealing: &Sealing,
    how: &How,
    now: Timestamp,
) -> Result<Imported, Why> {
    known(package, &["DeviceInfo", "CryptoModuleInfo", "Key", "Extensions"])?;
    let device = one(package, PSKC, "DeviceInfo")?;
    let key = one(package, PSKC, "Key")?.ok_or("it has no key")?;
    known(
        key,
        &[
            "Issuer",
            "AlgorithmParameters",
            "KeyProfileId",
            "KeyReference",
            "FriendlyName",
            "Data",
            "UserId",
            "Policy",
            "Extensions",
        ],
    )?;
    let counts = match key.attribute("Algorithm").and_then(|uri| uri.strip_prefix(PSKC)) {
        Some(":hotp") => true,
        Some(":totp") => false,
        Some(_) | None => return Err("its algorithm is neither `hotp` nor `totp` of RFC 6030".to_owned()),
    };
    let (algorithm, digits) = parameters(key)?;
    let mut validity = policy(key)?;
    if let Some(device) = device {
        narrow(&mut validity, device)?;
    }
    if let Some(until) = validity.until.filter(|until| *until <= now) {
        return Err(format!("it expired at {until}"));
    }
    let data = one(key, PSKC, "Data")?.ok_or("it has no data")?;
    known(data, &["Secret", "Counter", "Time", "TimeInterval", "TimeDrift"])?;
    let seed = match value(data, "Secret", sealing)?.ok_or("it has no secret")? {
        Value::Plain(_) if !matches!(how.opener, Opener::Nothing) => {
            return Err("its secret is not encrypted, though a key or password was given".to_owned());
        }
        Value::Plain(text) => Zeroizing::new(base64(&text).ok_or("its secret is not base 64")?),
        Value::Opened(bytes) => bytes,
    };
    let kind = if counts { counted(data, sealing)? } else { timed(data, sealing, now)? };
    let numbers = Numbers { algorithm, digits, validity, kind };
    let otp = numbers.with(Secret::from(seed.to_vec())).map_err(|_| bad_length())?;
    let model = device.map(|device| one(device, PSKC, "Model")).transpose()?.flatten();
    let label = model.map(content).transpose()?.and_then(|model| Label::parse(&model).ok());
    Ok(Imported { serial, label, otp })
}

fn parameters(key: Node<'_, '_>) -> Result<(Algorithm, Digits), Why> {
    let all =
        one(key, PSKC, "AlgorithmParameters")?.ok_or("it does not say how many digits its codes have")?;
    known(all, &["Suite", "ChallengeFormat", "ResponseFormat"])?;
    if one(all, PSKC, "ChallengeFormat")?.is_some() {
        return Err("it answers challenges, which is not supported".to_owned());
    }
    let suite = one(all, PSKC, "Suite")?.map(content).transpose()?;
    let suite = suite.map_or_else(|| "SHA1".to_owned(), |suite| suite.to_ascii_uppercase().replace('-', ""));
    let algorithm = Algorithm::parse(suite.strip_prefix("HMAC").unwrap_or(&suite));
    let algorithm = algorithm.ok_or("its hash is not SHA-1, SHA-256 or SHA-512")?;
    let format = one(all, PSKC, "ResponseFormat")?.ok_or("it does not say how many digits its codes have")?;
    if format.attribute("Encoding") != Some("DECIMAL") {
        return Err("its codes are not decimal".to_owned());
    }
    if format.attribute("CheckDigits").is_some_and(|check| !matches!(check, "false" | "0")) {
        return Err("its codes have check digits, which are not supported".to_owned());
    }
    let digits = format.attribute("Length").and_then(|length| length.parse().ok()).and_then(Digits::parse);
    Ok((algorithm, digits.ok_or("its codes do not have 6 or 8 digits")?))
}

/// RFC 6030 §5: what is not understood permits nothing.
fn policy(key: Node<'_, '_>) -> Result<Validity, Why> {
    const UNKNOWN: &str = "its policy says something that is not understood: it must not be used";
    let mut validity = Validity::default();
    let Some(policy) = one(key, PSKC, "Policy")? else { return Ok(validity) };
    if policy.attributes().len() > 0 {
        return Err(UNKNOWN.to_owned());
    }
    let (mut uses, mut otp) = (0, 0);
    for rule in elements(policy) {
        let name = rule.tag_name();
        match name.name() {
            _ if name.namespace() != Some(PSKC) => return Err(UNKNOWN.to_owned()),
            "StartDate" | "ExpiryDate" => {}
            "KeyUsage" => {
                let usage = content(rule)?;
                if !USES.contains(&usage.as_str()) {
                    return Err(UNKNOWN.to_owned());
                }
                uses += 1;
                otp += u32::from(*usage == "OTP");
            }
            "PINPolicy" => {
                let local = rule.attribute("PINUsageMode") == Some("Local");
                let plain = rule.attributes().all(|one| PIN_ATTRIBUTES.contains(&one.name()));
                if !local || !plain || elements(rule).next().is_some() {
                    return Err("its policy asks for a PIN that the server would have to check".to_owned());
                }
            }
            "NumberOfTransactions" => {
                return Err("its policy limits how often it may be used, which is not supported".to_owned());
            }
            _ => return Err(UNKNOWN.to_owned()),
        }
    }
    if uses > 0 && otp == 0 {
        return Err("its policy does not allow one-time passwords".to_owned());
    }
    narrow(&mut validity, policy)?;
    Ok(validity)
}

/// Narrows `validity` to the dates of a device or policy.
fn narrow(validity: &mut Validity, of: Node<'_, '_>) -> Result<(), Why> {
    let date = |name: &str| -> Result<Option<Timestamp>, Why> {
        let Some(date) = one(of, PSKC, name)? else { return Ok(None) };
        let text = content(date)?;
        // RFC 6030 §4: in UTC, without a time zone; many write the `Z`.
        let at = Timestamp::parse(&text).or_else(|_| Timestamp::parse(&format!("{}Z", *text)));
        at.map(Some).map_err(|_| format!("its {name} is not a date in UTC like `2026-12-01T00:00:00Z`"))
    };
    if let Some(from) = date("StartDate")? {
        validity.from = Some(validity.from.map_or(from, |other| other.max(from)));
    }
    if let Some(until) = date("ExpiryDate")? {
        validity.until = Some(validity.until.map_or(until, |other| other.min(until)));
    }
    Ok(())
}

fn counted(data: Node<'_, '_>, sealing: &Sealing) -> Result<Kind, Why> {
    let counter = number(data, "Counter", sealing)?.ok_or("it has no counter")?;
    Ok(Kind::Hotp { counter: u64::try_from(counter).map_err(|_| "its counter is negative")? })
}

fn timed(data: Node<'_, '_>, sealing: &Sealing, now: Timestamp) -> Result<Kind, Why> {
    let period = match number(data, "TimeInterval", sealing)? {
        None => Some(Period::Thirty),
        Some(seconds) => u64::try_from(seconds).ok().and_then(Period::parse),
    };
    let period = period.ok_or("its codes last neither 30 nor 60 seconds")?;
    // The number of steps that had passed when the file was made: codes until then count as used.
    let last_step = match number(data, "Time", sealing)?.map(u64::try_from) {
        None | Some(Ok(0)) => None,
        Some(Ok(step)) if period.step_at(now).is_some_and(|present| step <= present) => Some(step),
        Some(_) => return Err("its time is not a number of steps before now".to_owned()),
    };
    let steps = number(data, "TimeDrift", sealing)?.unwrap_or(0);
    let drift = Drift::of_steps(steps, period).ok_or("its clock is off by more than two hours")?;
    Ok(Kind::Totp { period, last_step, drift })
}

/// A value as it was written or decrypted.
enum Value {
    Plain(Zeroizing<String>),
    Opened(Zeroizing<Vec<u8>>),
}

fn value(data: Node<'_, '_>, name: &str, sealing: &Sealing) -> Result<Option<Value>, Why> {
    let Some(element) = one(data, PSKC, name)? else { return Ok(None) };
    let mac = one(element, PSKC, "ValueMAC")?;
    match (one(element, PSKC, "PlainValue")?, one(element, PSKC, "EncryptedValue")?) {
        (Some(plain), None) => Ok(Some(Value::Plain(content(plain)?))),
        (None, Some(sealed)) => Ok(Some(Value::Opened(sealing.open(sealed, mac)?))),
        (Some(_), Some(_)) | (None, None) => Err(format!("its {name} is not one value, plain or encrypted")),
    }
}

fn number(data: Node<'_, '_>, name: &str, sealing: &Sealing) -> Result<Option<i64>, Why> {
    let number = match value(data, name, sealing)? {
        None => return Ok(None),
        Some(Value::Plain(text)) => text.parse().ok(),
        // Encrypted numbers are 4 or 8 bytes, big endian.
        Some(Value::Opened(bytes)) => match (<[u8; 4]>::try_from(&**bytes), <[u8; 8]>::try_from(&**bytes)) {
            (Ok(four), _) => Some(i64::from(i32::from_be_bytes(four))),
            (_, Ok(eight)) => Some(i64::from_be_bytes(eight)),
            (Err(_), Err(_)) => None,
        },
    };
    number.map(Some).ok_or_else(|| format!("its {name} is not a number"))
}

fn elements<'a, 'i>(parent: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    parent.children().filter(Node::is_element)
}

/// The only child of that name.
fn one<'a, 'i>(parent: Node<'a, 'i>, namespace: &str, name: &str) -> Result<Option<Node<'a, 'i>>, Why> {
    let mut found = elements(parent).filter(|node| node.has_tag_name((namespace, name)));
    let first = found.next();
    match found.next() {
        Some(_) => Err(format!("it has more than one `{name}`")),
        None => Ok(first),
    }
}

/// Refuses children of the PSKC namespace beside `names`; those of others are extensions.
fn known(parent: Node<'_, '_>, names: &[&str]) -> Result<(), Why> {
    let ours = |node: &Node<'_, '_>| node.tag_name().namespace() == Some(PSKC);
    let strange = elements(parent).filter(ours).any(|node| !names.contains(&node.tag_name().name()));
    if strange { Err("it has an element that RFC 6030 does not know there".to_owned()) } else { Ok(()) }
}

/// The text of an element that has nothing else, without blanks at the ends.
fn content(element: Node<'_, '_>) -> Result<Zeroizing<String>, Why> {
    if elements(element).next().is_some() {
        return Err(format!("its {} has elements where a value should be", element.tag_name().name()));
    }
    let text = element.children().filter(Node::is_text).filter_map(|node| node.text());
    let text: Zeroizing<String> = Zeroizing::new(text.collect());
    Ok(Zeroizing::new(text.trim().to_owned()))
}

/// Base 64, as XML breaks it into lines.
fn base64(text: &str) -> Option<Vec<u8>> {
    let plain: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|c| !c.is_ascii_whitespace()).collect());
    data_encoding::BASE64.decode(plain.as_bytes()).ok()
}
