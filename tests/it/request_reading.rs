//! Is there one reading of a request, and is what is sent what was read?

use countersign::base::dialect::Dialect;
use countersign::base::net::Scheme;
use countersign::request::body::{self, BodyLimits, Reader};
use countersign::request::digest::sha256;
use countersign::request::normalise::{Quick, admissible_quick, normalise};
use countersign::request::render::{ReleaseCredentials, Rendered, render};
use countersign::request::{
    Canonical, ContentKind, FieldValue, Fields, Head, HeadRules, Method, OwnedHeaders, Parts, Place,
    RawHeader, Refusal, Version,
};
use proptest::prelude::*;

type Headers = Vec<(String, Vec<u8>)>;

fn rules() -> HeadRules {
    HeadRules {
        owned: OwnedHeaders::new(["X-Account"], []),
        dialect: Dialect { bodies_on_get: true, ..Dialect::default() },
    }
}

fn parts<'a>(
    version: Version,
    method: &'a str,
    target: &'a [u8],
    headers: &'a Headers,
) -> Parts<'a, impl Clone + Iterator<Item = RawHeader<'a>>> {
    Parts {
        version,
        scheme: Scheme::Http,
        method: method.as_bytes(),
        target,
        authority: None,
        headers: headers.iter().map(|(name, value)| RawHeader { name: name.as_bytes(), value }),
    }
}

fn headers(pairs: &[(&str, &str)]) -> Headers {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
}

fn read(method: &str, target: &str, pairs: &[(&str, &str)]) -> Result<Head, Refusal> {
    normalise(&parts(Version::Http11, method, target.as_bytes(), &headers(pairs)), &rules())
}

const HOST: (&str, &str) = ("Host", "app.test");

#[test]
fn odd_heads_are_refused_with_their_reason() {
    for (method, target, more, reason) in [
        ("get", "/", &[][..], "method"),
        ("CONNECT", "app.test:443", &[], "method"),
        ("GET", "*", &[], "target-form"),
        ("GET", "admin", &[], "target-form"),
        ("GET", "x://app.test/a", &[], "target-form"),
        ("GET", "https://app.test/a", &[], "target-form"),
        ("GET", "http://other.test/a", &[], "host-disagrees"),
        ("GET", "http://u@app.test/a", &[], "host-malformed"),
        ("GET", "/a#b", &[], "target-byte"),
        ("GET", "/a b", &[], "target-byte"),
        ("GET", "/", &[HOST], "repeated-header"),
        ("POST", "/", &[("Content-Length", "1"), ("Content-Length", "1")], "repeated-header"),
        ("POST", "/", &[("Content-Type", "text/plain"), ("content-type", "text/plain")], "repeated-header"),
        ("GET", "/", &[("Cookie", "a=1"), ("Cookie", "a=2")], "repeated-header"),
        ("POST", "/", &[("Content-Length", "1"), ("Transfer-Encoding", "chunked")], "length-and-encoding"),
        ("POST", "/", &[("Transfer-Encoding", "gzip, chunked")], "transfer-coding"),
        ("POST", "/", &[("Transfer-Encoding", "identity")], "transfer-coding"),
        ("POST", "/", &[("Content-Length", "+1")], "content-length"),
        ("POST", "/", &[("Content-Length", "1, 1")], "content-length"),
        ("POST", "/", &[("Content-Length", "")], "content-length"),
        ("POST", "/", &[("Content_Length", "1")], "header-alias"),
        ("GET", "/", &[("X_Account", "root")], "header-alias"),
        ("GET", "/", &[("X_Forwarded_User", "root")], "header-alias"),
        ("GET", "/", &[("Countersign.Receipt", "x")], "header-alias"),
        ("GET", "/", &[("Connection", "keep-alive, X-Account")], "connection-option"),
        ("GET", "/", &[("Connection", "close,")], "connection-option"),
        ("GET", "/", &[("Trailer", "X")], "trailers"),
        ("GET", "/", &[("Upgrade", "h2c"), ("Connection", "upgrade")], "upgrade"),
        ("GET", "/", &[("Upgrade", "websocket")], "upgrade"),
        ("POST", "/", &[("Upgrade", "websocket"), ("Connection", "upgrade")], "upgrade"),
        ("POST", "/", &[("Expect", "200-ok")], "expectation"),
        ("GET", "/", &[("X y", "1")], "header-name"),
        ("GET", "/", &[("X", "a\u{1}b")], "header-value"),
    ] {
        let pairs: Vec<_> = [HOST].into_iter().chain(more.iter().copied()).collect();
        assert_eq!(read(method, target, &pairs).unwrap_err().reason(), reason, "{method} {target} {more:?}");
        let received = headers(&pairs);
        let quick = admissible_quick(&parts(Version::Http11, method, target.as_bytes(), &received));
        assert!(
            quick == Quick::Look
                || (reason == "header-alias" && !more.iter().any(|(name, _)| name.starts_with("Content"))),
            "{target} {more:?}"
        );
    }
    assert_eq!(read("GET", "/", &[]).unwrap_err(), Refusal::HostMissing);
    assert_eq!(read("GET", "/", &[("Host", "a,b")]).unwrap_err(), Refusal::HostMalformed);
}

#[test]
fn http2_names_one_host() {
    let received = headers(&[("host", "app.test"), ("cookie", "a=1"), ("cookie", "b=2")]);
    let mut parts = parts(Version::Http2, "GET", b"/", &received);
    parts.authority = Some(b"APP.test");
    assert_eq!(normalise(&parts, &rules()).unwrap().host.to_string(), "app.test");
    parts.authority = Some(b"public.test");
    assert_eq!(normalise(&parts, &rules()).unwrap_err(), Refusal::HostDisagrees);
    assert_eq!(admissible_quick(&parts), Quick::Look);
}

#[test]
fn a_usual_head_is_plain_and_keeps_its_end_to_end_headers() {
    let pairs = [
        HOST,
        ("User-Agent", "x"),
        ("Content-Type", "application/json"),
        ("Content-Length", "2"),
        ("Expect", "100-continue"),
        ("Connection", "upgrade, te"),
        ("TE", "trailers"),
        ("Cookie", "sid=1"),
        ("Authorization", "Basic x"),
        ("X-Account", "root"),
        ("X-Forwarded-For", "10.0.0.1"),
        ("Countersign-Release", "x"),
        ("X-Original-URL", "/admin"),
        ("x-Requested-With", "y"),
    ];
    let received = headers(&pairs);
    let parts = parts(Version::Http11, "POST", b"/a?b=c", &received);
    assert_eq!(
        admissible_quick(&parts),
        Quick::Plain { method: Method::Post, path: b"/a", query: Some(b"b=c") }
    );
    let head = normalise(&parts, &rules()).unwrap();
    let kept: Vec<&str> = head.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(kept, ["User-Agent", "Content-Type", "x-Requested-With"]);
    assert!(head.expects_continue && head.content == ContentKind::Json && head.content_length == Some(2));
    let absolute = read("GET", "HTTP://APP.TEST?x=1", &[HOST]).unwrap();
    assert_eq!((absolute.target.as_str(), absolute.targets.only().unwrap().path.as_str()), ("/?x=1", "/"));
}

#[test]
fn a_glance_allocates_nothing() {
    let received = headers(&[
        HOST,
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("Cookie", "sid=0123456789"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Length", "11"),
        ("X_Forwarded_User", "eve"),
        ("Connection", "keep-alive"),
    ]);
    let (parts, rules) =
        (parts(Version::Http11, "POST", b"/accounts/42/notes?page=2&_methodical=1", &received), rules());
    let mut stripped = 0;
    let counted = allocation_counter::measure(|| {
        assert!(matches!(admissible_quick(&parts), Quick::Plain { .. }));
        stripped = received.iter().filter(|(name, _)| rules.owned.must_strip(name.as_bytes())).count();
    });
    assert_eq!((counted.count_total, stripped), (0, 1));
}

fn token() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9!#$^_.-]{0,12}"
}

fn heads() -> impl Strategy<Value = Head> {
    let target = "(/[A-Za-z0-9._~-]{1,6}[a-z]|/%[46][1-9a-f]x){1,4}(\\?[a-z]{1,5}=[a-z0-9%+|]{0,6})?";
    let method = prop::sample::select(Method::ALL.to_vec());
    let more = prop::collection::vec((token(), "[ -~]{0,16}"), 0..6);
    (method, target, more, prop::option::of(0_u64..5)).prop_filter_map(
        "refused",
        |(method, target, more, length)| {
            let mut received = headers(&[HOST, ("Cookie", "sid=1"), ("X-Account", "eve")]);
            received.extend(more.into_iter().map(|(name, value)| (name, value.trim().as_bytes().to_vec())));
            received
                .extend(length.map(|length| ("Content-Length".to_owned(), length.to_string().into_bytes())));
            normalise(&parts(Version::Http11, method.as_str(), target.as_bytes(), &received), &rules()).ok()
        },
    )
}

fn received_again(rendered: &Rendered) -> Headers {
    let mut received = headers(&[("Host", &rendered.host)]);
    received.extend(rendered.headers.iter().cloned());
    received.extend(
        rendered.content_length.map(|length| ("Content-Length".to_owned(), length.to_string().into_bytes())),
    );
    received
}

proptest! {
    #[test]
    fn what_is_sent_is_what_was_digested(head in heads(), body in prop::collection::vec(any::<u8>(), 0..20)) {
        let canonical = Canonical::new(head, sha256(&body), body.len() as u64);
        let credentials = ReleaseCredentials {
            cookie: Some(b"sid=fresh".to_vec()),
            authorization: Some(b"Bearer x".to_vec()),
            identity: vec![("X-Account".to_owned(), b"alice".to_vec())],
        };
        let gateway = [("Countersign-Receipt".to_owned(), "ey".to_owned()), ("X-Forwarded-For".to_owned(), "::1".to_owned())];
        let rendered = render(&canonical, &credentials, &gateway);
        let received = received_again(&rendered);
        let again = normalise(&parts(Version::Http11, rendered.method, rendered.target.as_bytes(), &received), &rules()).unwrap();
        let again = Canonical::new(again, sha256(&body), body.len() as u64);
        prop_assert_eq!(&again, &canonical);
        prop_assert_eq!(again.digest(), canonical.digest());
        prop_assert_eq!(rendered.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-account")).count(), 1);
    }

    #[test]
    fn digests_differ_when_any_part_does(head in heads(), which in 0_usize..9, at in any::<prop::sample::Index>()) {
        let canonical = Canonical::new(head.clone(), sha256(b"x"), 1);
        let mut other = head.clone();
        let (mut hash, mut length) = (sha256(b"x"), 1);
        match which {
            0 => other.method = if head.method == Method::Get { Method::Post } else { Method::Get },
            1 => other.scheme = Scheme::Https,
            2 => other.host = "app.test:81".parse().unwrap(),
            3 => other.target.push('x'),
            4 => other.headers.push(("X".to_owned(), Vec::new())),
            5 if !head.headers.is_empty() => other.headers[at.index(head.headers.len())].1.push(b'x'),
            6 if !head.headers.is_empty() => other.headers[at.index(head.headers.len())].0.push('x'),
            7 => hash[at.index(32)] ^= 1,
            _ => length = 2,
        }
        let other = Canonical::new(other, hash, length);
        prop_assert_ne!(canonical.digest(), other.digest());
    }

    #[test]
    fn the_stored_form_is_the_only_one(head in heads(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let canonical = Canonical::new(head, sha256(b""), 0);
        let bytes = canonical.to_bytes();
        prop_assert_eq!(Canonical::from_bytes(&bytes), Ok(canonical.clone()));
        prop_assert!(Canonical::from_bytes(&bytes[..at.index(bytes.len())]).is_err());
        let mut changed = bytes;
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        prop_assert!(Canonical::from_bytes(&changed).map_or(true, |other| other.to_bytes() == changed && other != canonical));
    }

    #[test]
    fn a_glance_never_sees_more_than_a_look(target in "/[a-z%2e./;?=&_ -]{0,12}", host in "[a-b.:0-9_-]{1,9}", name in token(), value in "[ -~]{0,12}") {
        let received = vec![("Host".to_owned(), host.into_bytes()), (name, value.trim().as_bytes().to_vec())];
        let parts = parts(Version::Http11, "GET", target.as_bytes(), &received);
        if let Quick::Plain { path, .. } = admissible_quick(&parts) {
            match normalise(&parts, &rules()) {
                Ok(head) => prop_assert_eq!(head.targets.only().unwrap().path.as_bytes(), path),
                Err(refusal) => prop_assert_eq!(refusal.reason(), "header-alias"),
            }
        }
    }

    #[test]
    fn nothing_from_outside_breaks_the_readers(target in any::<Vec<u8>>(), name in any::<Vec<u8>>(), value in any::<Vec<u8>>(), body in any::<Vec<u8>>()) {
        let parts = Parts {
            version: Version::Http11,
            scheme: Scheme::Http,
            method: b"POST",
            target: &target,
            authority: Some(&value),
            headers: [RawHeader { name: &name, value: &value }].into_iter(),
        };
        let _ = normalise(&parts, &rules());
        for kind in [ContentKind::Urlencoded, ContentKind::Json, ContentKind::Multipart { boundary: "B".to_owned() }, ContentKind::of(Some(&value), None)] {
            let _ = body::read(&kind, &body, &BodyLimits::new(100));
        }
    }

    #[test]
    fn pieces_do_not_matter(body in "(--B|\r\n|\n|-|B|x|\r\nContent-Disposition: form-data; name=\"[ab]\"(; filename=\"f\")?\r\n\r\n[a-]{0,3}){0,12}(--)?", size in 1_usize..8) {
        // Mostly well-formed: begins with a delimiter, ends with the closing one.
        let body = format!("--B\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n{body}\r\n--B--\r\n");
        let kind = ContentKind::Multipart { boundary: "B".to_owned() };
        let whole = body::read(&kind, body.as_bytes(), &BodyLimits::new(10_000));
        let mut reader = Reader::new(&kind, BodyLimits::new(10_000));
        let pushed = body.as_bytes().chunks(size).try_for_each(|piece| reader.push(piece));
        prop_assert_eq!(pushed.and_then(|()| reader.finish()).is_ok(), whole.is_ok());
        if let Ok(fields) = whole {
            let mut reader = Reader::new(&kind, BodyLimits::new(10_000));
            body.as_bytes().chunks(size).for_each(|piece| reader.push(piece).unwrap());
            prop_assert_eq!(reader.finish().unwrap(), fields);
        }
    }

    #[test]
    fn forms_are_read_as_they_were_written(pairs in prop::collection::vec(("[a-zA-Z0-9äß.\\[\\] ]{1,8}", "[ -~äß€\r\n]{0,12}"), 0..6)) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let fields = body::read(&ContentKind::Urlencoded, body.as_bytes(), &BodyLimits::new(10_000)).unwrap();
        let read: Vec<_> = fields.iter().map(|field| (field.name.clone(), field.value.as_text().unwrap().to_owned())).collect();
        prop_assert_eq!(read, pairs);
    }

    #[test]
    fn json_is_read_as_others_read_it(value in json(3)) {
        let body = serde_json::to_vec(&value).unwrap();
        let fields = body::read(&ContentKind::Json, &body, &BodyLimits::new(100_000)).unwrap();
        for field in fields.iter() {
            prop_assert_eq!(field.place, Place::Json);
            let there = value.pointer(&field.name).unwrap();
            match &field.value {
                FieldValue::Text(text) => prop_assert_eq!(there.as_str(), Some(text.as_str())),
                FieldValue::Number(text) => prop_assert_eq!(&there.to_string(), text),
                FieldValue::Bool(truth) => prop_assert_eq!(there.as_bool(), Some(*truth)),
                FieldValue::Null => prop_assert!(there.is_null()),
                FieldValue::Composite => prop_assert!(there.is_array() || there.is_object()),
                FieldValue::File { .. } => prop_assert!(false),
            }
        }
    }

    #[test]
    fn what_is_accepted_as_json_is_json(text in "[\\[\\]{}:,\"a0-9.eE+ntrufalse \\\\-]{0,16}") {
        if body::read(&ContentKind::Json, text.as_bytes(), &BodyLimits::new(100)).is_ok_and(|fields: Fields| !fields.is_empty()) {
            prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok(), "{}", text);
        }
    }
}

fn json(depth: u32) -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[ -~äß€\n]{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(depth, 32, 4, |inner| {
        let key = "[a-z~/]{1,4}";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(key, inner, 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}
