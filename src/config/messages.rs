//! Reads `[mail]`, `[sms]`, and what `[tenant.default]` turns on of them.
//!
//! **Invariant:** nothing that a person types for one provider can leave another unlimited: every limit has a number.

mod sms;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::base::net::Host;
use crate::base::settings::messages::{Mail, Messages, Often, Protection, Sending, Tenant};
use crate::base::text::Label;
use crate::base::time::Span;
use crate::factors::Factor;
use crate::factors::message::Address;
use crate::policy::source::table::{Reader, Table};

use super::secret;

/// The three tables, and the factors that no user can have without them.
pub(super) fn messages(
    reader: &mut Reader<'_>,
    root: Table<'_>,
    table: Option<Table<'_>>,
    folder: &Path,
) -> Messages {
    let mail = reader.table(root, "mail").and_then(|table| mail(reader, table, folder)).map(Arc::new);
    let sms = reader.table(root, "sms").and_then(|table| sms::sms(reader, table, folder)).map(Arc::new);
    let tenant = table.map_or_else(Tenant::default, |table| tenant(reader, root, table));
    Messages { mail, sms, tenant }
}

/// What policies may name and nobody can have.
pub(super) fn disabled(tenant: Tenant) -> Vec<Factor> {
    let off = [(Factor::Email, tenant.email_codes), (Factor::Sms, tenant.sms_codes)];
    off.into_iter().filter(|(_, on)| !on).map(|(factor, _)| factor).collect()
}

fn tenant(reader: &mut Reader<'_>, root: Table<'_>, table: Table<'_>) -> Tenant {
    let tenant = Tenant {
        email_codes: reader.truth(table, "email_codes").unwrap_or_default(),
        sms_codes: reader.truth(table, "sms_codes").unwrap_or_default(),
    };
    for (key, on, needs) in
        [("email_codes", tenant.email_codes, "mail"), ("sms_codes", tenant.sms_codes, "sms")]
    {
        if on && root.get(needs).is_none() {
            let message = format!("`{key}` needs `[{needs}]`: nothing could send them");
            reader.fault(table.at(key), message, format!("add `[{needs}]`, or turn this off"));
        }
    }
    if tenant.email_codes {
        reader.warn(
            table.at("email_codes"),
            "e-mail is no authenticator by NIST SP 800-63B-4 §3.1.3",
            "a mailbox is often open to whoever holds the user's password: let policies accept `email` only where little can be lost, \
             and never where `passkey` or `push` is at hand",
        );
    }
    if tenant.sms_codes {
        reader.warn(
            table.at("sms_codes"),
            "text messages are a restricted authenticator by NIST SP 800-63B-4 §3.1.3.3 and §3.2.9",
            "numbers are ported and messages intercepted: offer users another kind too, tell them of the risk, and plan to do without",
        );
    }
    tenant
}

fn mail(reader: &mut Reader<'_>, table: Table<'_>, folder: &Path) -> Option<Mail> {
    reader.only(
        table,
        &["url", "from", "from_name", "user", "password", "protection", "ca", "timeout", "limits"],
    );
    let server = reader
        .required(table, "url", "e.g. `url = \"smtp://mail.example.com:587\"`")
        .and_then(|(url, at)| server(reader, table, url, at));
    let from = reader.required(table, "from", "the sender, e.g. `from = \"approve@example.com\"`");
    let from = from.and_then(|(text, at)| match Address::email(text) {
        Ok(address) => Some(address.as_str().to_owned()),
        Err(why) => {
            reader.fault(at, format!("`{text}` is {why}"), "the name goes into `from_name`");
            None
        }
    });
    let from_name = reader.text(table, "from_name").map_or("Countersign".to_owned(), |(name, at)| {
        if Label::parse(name).is_err() {
            reader.fault(at, "`from_name` must be 1 to 64 visible characters", "");
        }
        name.to_owned()
    });
    let login = login(reader, table, folder);
    let ca = authority(reader, table, folder);
    let timeout = timeout(reader, table);
    let limits = limits(reader, table, Sending::MAIL, &["user", "address", "tenant", "total"]);
    let (host, port, protection) = server?;
    Some(Mail { host, port, protection, from: from?, from_name, login, ca, timeout, limits })
}

/// `smtp://host[:587]` (STARTTLS), `smtps://host[:465]`.
fn server(
    reader: &mut Reader<'_>,
    table: Table<'_>,
    url: &str,
    at: Range<usize>,
) -> Option<(String, u16, Protection)> {
    const HELP: &str =
        "write `smtp://mail.example.com:587` (STARTTLS) or `smtps://mail.example.com:465` (TLS)";
    if url.contains('@') {
        reader.conceal(at.clone());
        reader.fault(at, "user and password do not stand in the URL", "use `user` and `password`");
        return None;
    }
    let schemes = [("smtp://", Protection::StartTls, 587), ("smtps://", Protection::Tls, 465)];
    let found = schemes.into_iter().find_map(|(scheme, protection, port)| {
        let host = url.strip_prefix(scheme)?.trim_end_matches('/').parse::<Host>().ok()?;
        Some((host, protection, port))
    });
    let Some((host, mut protection, port)) = found else {
        reader.fault(at, format!("`{url}` is not a mail server"), HELP);
        return None;
    };
    if let Some(none) = reader.choice(table, "protection", &[("tls", false), ("none", true)])
        && none
    {
        if super::server::is_loopback(&host) && protection == Protection::StartTls {
            protection = Protection::None;
        } else {
            reader.fault(
                table.at("protection"),
                "codes would travel unprotected",
                "`protection = \"none\"` is for `smtp://` to a server on this machine only",
            );
        }
    }
    let name = host.name().trim_start_matches('[').trim_end_matches(']').to_owned();
    Some((name, host.port().unwrap_or(port), protection))
}

/// `user` and `password`, both or neither.
fn login(
    reader: &mut Reader<'_>,
    table: Table<'_>,
    folder: &Path,
) -> Option<(String, crate::base::secret::Secret)> {
    let user = reader.text(table, "user");
    if user.is_none() && table.get("password").is_none() {
        return None;
    }
    if user.is_none() && table.get("user").is_none() {
        reader.missing(table, "user", "a password belongs to somebody: `user = \"...\"`");
    }
    let password = secret::text(reader, table, "password", folder);
    Some((user?.0.to_owned(), password?))
}

fn authority(reader: &mut Reader<'_>, table: Table<'_>, folder: &Path) -> Option<Vec<u8>> {
    table.get("ca")?;
    super::server::pem(reader, table, "ca", folder).and_then(|path| std::fs::read(path).ok())
}

fn timeout(reader: &mut Reader<'_>, table: Table<'_>) -> Span {
    let (least, most) = (Span::from_secs(1), Span::from_secs(60));
    let span = reader.parsed(table, "timeout", str::parse::<Span>).unwrap_or(Span::from_secs(15));
    if span < least || span > most {
        reader.fault(table.at("timeout"), "`timeout` must be `1s` to `60s`", "");
    }
    span
}

/// `[….limits]` with `user = { hour = 10, day = 40 }` and so on.
fn limits(reader: &mut Reader<'_>, table: Table<'_>, mut limits: Sending, known: &[&str]) -> Sending {
    let Some(inner) = reader.table(table, "limits") else { return limits };
    reader.only(inner, known);
    for (key, often) in [
        ("user", &mut limits.user),
        ("address", &mut limits.address),
        ("country", &mut limits.country),
        ("tenant", &mut limits.tenant),
        ("total", &mut limits.total),
    ] {
        if known.contains(&key)
            && let Some(table) = reader.table(inner, key)
        {
            *often = self::often(reader, table, *often);
        }
    }
    limits
}

fn often(reader: &mut Reader<'_>, table: Table<'_>, mut often: Often) -> Often {
    reader.only(table, &["hour", "day"]);
    for (key, number) in [("hour", &mut often.hour), ("day", &mut often.day)] {
        if let Some(given) = reader.whole::<u32>(table, key) {
            if given == 0 {
                let message = format!("`{key}` must be more than nothing");
                reader.fault(table.at(key), message, "leave it out for the default; there is no unlimited");
            }
            *number = given;
        }
    }
    if often.day < often.hour {
        // Who raises one of them only has the other raised along; who gives both has them checked.
        if table.get("day").is_some() && table.get("hour").is_some() {
            reader.fault(table.span(), "a day has fewer messages than one of its hours", "");
        }
        often.day = often.day.max(often.hour);
    }
    often
}
