//! Question: is an identity header believed only when a trusted peer states it, once and plainly?

use std::net::IpAddr;

use countersign::base::net::TrustedPeers;
use countersign::identity::header::{NoPrincipal, from_headers};

fn check(peer: &str, headers: &[(&str, &[u8])]) -> Result<(String, Vec<String>), NoPrincipal> {
    let trusted = TrustedPeers::new(vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    let peer: IpAddr = peer.parse().unwrap();
    let pairs = headers.iter().map(|(name, value)| (name.as_bytes(), *value));
    let principal = from_headers(peer, &trusted, "X-Forwarded-User", Some("X-Forwarded-Groups"), pairs)?;
    Ok((principal.user.to_string(), principal.groups))
}

#[test]
fn a_trusted_peer_states_who_asks() {
    for peer in ["10.1.2.3", "::1", "::ffff:10.1.2.3"] {
        let stated: &[(&str, &[u8])] = &[
            ("Host", b"bank"),
            ("x-forwarded-user", b"alice"),
            ("X-FORWARDED-GROUPS", b"finance, treasury"),
        ];
        assert_eq!(
            check(peer, stated),
            Ok(("alice".into(), vec!["finance".into(), "treasury".into()])),
            "{peer}"
        );
    }
    assert_eq!(
        check("10.1.2.3", &[("X-Forwarded-User", "Ren\u{e9}".as_bytes())]),
        Ok(("Ren\u{e9}".into(), vec![]))
    );
}

#[test]
fn everything_else_is_nobody() {
    let user: (&str, &[u8]) = ("X-Forwarded-User", b"alice");
    for peer in ["11.0.0.1", "127.0.0.1", "::2", "::ffff:11.0.0.1"] {
        assert_eq!(check(peer, &[user]), Err(NoPrincipal::NotTrusted), "{peer}");
    }
    let cases: &[(&[(&str, &[u8])], NoPrincipal)] = &[
        (&[], NoPrincipal::Missing),
        (&[("X_Forwarded_User", b"alice")], NoPrincipal::Missing),
        (&[("X-Forwarded-User", b"")], NoPrincipal::Missing),
        (&[user, user], NoPrincipal::Repeated),
        (&[user, ("x-forwarded-USER", b"admin")], NoPrincipal::Repeated),
        (&[user, ("X-Forwarded-Groups", b"a"), ("X-Forwarded-Groups", b"b")], NoPrincipal::Repeated),
        (&[("X-Forwarded-User", b"alice ")], NoPrincipal::Unreadable),
        (&[("X-Forwarded-User", b"al\xffice")], NoPrincipal::Unreadable),
        (&[("X-Forwarded-User", "al\u{202e}ice".as_bytes())], NoPrincipal::Unreadable),
        (&[("X-Forwarded-User", b"al\tice")], NoPrincipal::Unreadable),
        (&[user, ("X-Forwarded-Groups", b"a,\xff")], NoPrincipal::Unreadable),
    ];
    for (headers, refusal) in cases {
        assert_eq!(check("10.0.0.1", headers), Err(*refusal), "{headers:?}");
    }
}
