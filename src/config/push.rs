//! Reads `[push]`.

use crate::base::settings::{PushService, PushSettings};
use crate::policy::source::table::{Reader, Table};

/// `None` without the section: phones then ask by themselves.
pub(super) fn push(reader: &mut Reader<'_>, root: Table<'_>) -> Option<PushSettings> {
    let table = reader.table(root, "push")?;
    reader.only(table, &["subject", "services"]);
    let mut services = Vec::new();
    for (text, at) in reader.texts(table, "services") {
        match text.parse::<PushService>() {
            Ok(service) => services.push(service),
            Err(why) => reader.fault(
                at,
                format!("`{text}`: {why}"),
                "plain `http://` is for the loopback only; leave `services` out for those of the known browsers",
            ),
        }
    }
    if table.get("services").is_none() {
        services = PushService::known();
    }
    let (subject, at) = reader.required(
        table,
        "subject",
        "whom a push service can turn to, e.g. `subject = \"mailto:ops@example.com\"`",
    )?;
    let address = match (subject.strip_prefix("mailto:"), subject.strip_prefix("https://")) {
        (Some(address), _) => crate::directory::user::email(address).is_ok(),
        (None, Some(rest)) => rest.split('/').next().is_some_and(|host| host.contains('.')),
        (None, None) => false,
    };
    if !address || subject.contains(|c: char| c.is_whitespace() || c.is_control()) {
        reader.fault(
            at,
            format!("`{subject}` is nothing a push service can turn to"),
            "write `mailto:ops@example.com` or `https://example.com/contact`; some services refuse other addresses",
        );
        return None;
    }
    Some(PushSettings { subject: subject.to_owned(), services })
}
