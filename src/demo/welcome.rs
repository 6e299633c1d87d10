//! What the demonstration tells the newcomer to try.
//!
//! **Invariant:** the words `The bank`, `The portal` and the emergency access code stand where the browser tests look for them.

use std::net::SocketAddr;
use std::path::Path;

use super::Person;
use crate::base::qr;

/// What is printed when everything runs.
pub(super) fn text(
    (app, portal, mailbox): (SocketAddr, SocketAddr, SocketAddr),
    (path, named): (&Path, bool),
    people: &[Person],
    (invitation, emergency): (&str, &str),
) -> Result<String, String> {
    let mut text = String::new();
    let alice = people.first().ok_or("there is no user")?;
    text.push_str(&qr::terminal(&alice.uri).ok_or("the QR code cannot be drawn")?);
    let folder = path.display();
    let at = if named { format!("the folder {folder}") } else { format!("{folder}, removed at the end") };
    text.push_str(&format!(
        "
Countersign: a small legacy bank behind the gateway.

  The bank     http://{app}            (sign in as alice, bob or carol; the password is the name)
  The portal   http://localhost:{}            (where approvals are given)
  The mailbox  http://{mailbox}            (e-mail and text messages that were sent)
  Files        {at}

Try this:
  1. Sign in as alice, Transfer, 200 EUR to DE89370400440532013000: it passes.
  2. The same with 5000 EUR: it is held. Choose \"alice's phone\", press Submit.
  3. Scan the code above with any authenticator app - or press Enter here for the current codes. Type the code, Submit.
  4. The transfer is carried out, once. Reload the page: it says what happened, and nothing happens again.
  5. Delete a payee, upload a statement, or use the script page: held as well. \"I did not do this\" rejects.
  6. The same by e-mail or text message: choose the address or number; the code is in the mailbox. Or by \"alice's token\": Enter presses its button.
  7. Lost the phone? alice's emergency access code (3 uses, 24 hours):  {emergency}
  8. Alice's own account at the portal, for a passkey, a phone and recovery codes; set a password first (her emergency code ends with the first of them):
     {invitation}

  What happened:  countersign audit list --config {folder}/countersign.toml

Press Enter for the current codes, Ctrl-C to end.
",
        portal.port()
    ));
    Ok(text)
}
