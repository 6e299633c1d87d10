//! `token add push`: this terminal is the requesting screen of a pairing.
//!
//! **Invariant:** the number is printed only after a phone has claimed the code, with the name the phone gives itself.

use std::time::Duration;

use crate::flow::admin::{Order, PairingView, Reply};

use super::desk::{CommandError, Console, Desk, give};
use crate::base::qr;

/// How often the server is asked how far it is.
const EVERY: Duration = Duration::from_millis(500);

pub(super) async fn run(name: &str, desk: &dyn Desk, console: &mut Console<'_>) -> Result<(), CommandError> {
    if !desk.is_live() {
        let why = "a phone is paired with a running server: start it first (`countersign serve`)";
        return Err(CommandError::Refused(why.to_owned()));
    }
    let order = Order::PairingBegin { name: name.to_owned() };
    let Reply::Pairing { handle, code, url, expires_at } = give(desk, order).await? else {
        return Err(CommandError::Answer);
    };
    write!(console.out, "{}", invitation(&url, &code, &expires_at))?;
    console.out.flush()?;
    let mut shown = None;
    loop {
        let order = Order::PairingStage { name: name.to_owned(), handle: handle.clone() };
        let Reply::PairingStage(stage) = give(desk, order).await? else { return Err(CommandError::Answer) };
        match stage {
            PairingView::Waiting => {}
            PairingView::Claimed { device, number } => {
                if shown.as_ref() != Some(&number) {
                    writeln!(
                        console.out,
                        "\nThe phone `{device}` asks to be paired. Type this number on it:  {number}"
                    )?;
                    console.out.flush()?;
                    shown = Some(number);
                }
            }
            PairingView::Paired { id, device } => {
                return Ok(writeln!(console.out, "{id}: the phone `{device}` of `{name}` is paired.")?);
            }
            PairingView::Over => {
                let why = "the phone was not paired: a wrong number was typed, or the time ran out";
                return Err(CommandError::Refused(why.to_owned()));
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// What to do: the address alone on the first line, then the QR code.
fn invitation(url: &str, code: &str, expires_at: &str) -> String {
    let drawn = qr::terminal(url).unwrap_or_default();
    let groups: Vec<String> =
        code.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    format!(
        "{url}\n\n{drawn}\nScan the code with the phone, or open its /phone/ page and type {}\n\
         It is good for one phone, until {expires_at}.\n",
        groups.join("-")
    )
}
