//! What is found in GraphQL requests, and what is refused.

use super::*;
use crate::request::{ContentKind, body, urlencoded};

fn fields(kind: &ContentKind, text: &str) -> Fields {
    body::read(kind, text.as_bytes(), &BodyLimits::new(1 << 20)).unwrap()
}

fn json(text: &str) -> Result<Graphql, Refusal> {
    read(&Fields::default(), &fields(&ContentKind::Json, text))
}

fn document(text: &str) -> Result<Graphql, Refusal> {
    json(&serde_json::json!({ "query": text }).to_string())
}

/// `kind name argument=value ...` of each root field.
fn words(found: &Graphql) -> Vec<String> {
    let value = |field: &Field| format!(" {}={}", field.name, field.value.as_text().unwrap_or("+"));
    let root = |root: &RootField| {
        let arguments: String = root.arguments.iter().map(value).collect();
        format!("{} {}{arguments}", root.kind.as_str(), root.name)
    };
    found.selected.iter().map(root).collect()
}

#[test]
fn graphql_finds_every_root_field() {
    for (text, expected) in [
        ("{me{id}}", &["query me"][..]),
        ("mutation{a:deleteUser(id:1){id}}", &["mutation deleteUser /deleteUser/id=1"]),
        ("mutation#{\n{,,,deleteUser#x\n(id:1){id}}", &["mutation deleteUser /deleteUser/id=1"]),
        ("\u{feff}mutation{x}", &["mutation x"]),
        (
            "query A{me} mutation B{x @skip(if:true) y @include(if:false)}",
            &["query me", "mutation x", "mutation y"],
        ),
        ("subscription{s}", &["subscription s"]),
        (
            "mutation{...F ...{z}} fragment F on Mutation{... on Mutation{x(a:\"\"\"t\"\"\")} ...G} fragment G on M{y}",
            &["mutation x /x/a=t", "mutation y", "mutation z"],
        ),
        (
            "mutation{mutation fragment on type query}",
            &["mutation mutation", "mutation fragment", "mutation on", "mutation type", "mutation query"],
        ),
        (
            r#"mutation($v:I=7,$w:I){x(a:$v,b:{c:[1.5,E,null,true],d:"\u0041"},e:$w)}"#,
            &[
                "mutation x /x/a=7 /x/b=+ /x/b/c=+ /x/b/c/0=1.5 /x/b/c/1=E /x/b/c/2=null /x/b/c/3=true /x/b/d=A",
            ],
        ),
    ] {
        assert_eq!(words(&document(text).unwrap()), expected, "{text}");
    }
}

#[test]
fn graphql_is_found_wherever_it_stands() {
    let found =
        json(r#"[{"query":"{me}"},{"Query":"mutation($i:ID){d(id:$i)}","variables":{"i":"5","j":1}}]"#)
            .unwrap();
    assert_eq!(
        (words(&found), found.documents),
        (vec!["query me".to_owned(), "mutation d /d/id=5".to_owned()], 2)
    );
    let query =
        |raw: &str| urlencoded::read(Place::Query, raw.as_bytes(), &BodyLimits::new(1000), None).unwrap();
    let url = query("query=mutation($i:ID){d(id:$i)}&variables={%22i%22:5}");
    assert_eq!(words(&read(&url, &Fields::default()).unwrap()), ["mutation d /d/id=5"]);
    let both = read(&url, &fields(&ContentKind::Json, r#"{"query":"{me}","variables":{"i":6}}"#)).unwrap();
    assert_eq!(
        words(&both),
        ["mutation d /d/id=5 /d/id=6", "query me"],
        "variables of the other place count too"
    );
    let form = fields(&ContentKind::Urlencoded, "query=mutation%7Bd%7D");
    assert_eq!(words(&read(&Fields::default(), &form).unwrap()), ["mutation d"]);
    let parts = "--B\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n[{\"query\":\"mutation($f:U){d(f:$f)}\",\
                 \"variables\":{\"f\":null}}]\r\n--B\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{}\r\n--B--\r\n";
    let multipart = fields(&ContentKind::Multipart { boundary: "B".to_owned() }, parts);
    assert_eq!(words(&read(&Fields::default(), &multipart).unwrap()), ["mutation d /d/f=null"]);
    assert_eq!(read(&Fields::default(), &Fields::default()).unwrap(), Graphql::default());
}

#[test]
fn persisted_ids_are_listed() {
    for (text, ids) in [
        (r#"{"id":"x_v1","variables":{}}"#, &["x_v1"][..]),
        (r#"{"DOC_ID":5}"#, &["5"]),
        (r#"{"documentId":"a","queryId":"b","query":"{me}"}"#, &["a", "b"]),
        (r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"17fe"}}}"#, &["17fe"]),
        (r#"{"extensions":{"persistedQuery":{"version":1,"md5":"1"}}}"#, &["1"]),
        (r#"{"extensions":{"persistedQuery":"x"}}"#, &["x"]),
        (r#"{"query":"{me}","extensions":{"tracing":true},"id":null}"#, &[]),
        (
            r#"{"query":"{me}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"6c9db43db6a3d2ca4dd0a60d21bab0c8a4a3ba9ab1d76fb2b45a5d0a5e4ea2be"}}}"#,
            &["6c9db43db6a3d2ca4dd0a60d21bab0c8a4a3ba9ab1d76fb2b45a5d0a5e4ea2be"],
        ),
    ] {
        assert_eq!(json(text).unwrap().persisted, ids, "{text}");
    }
    let hash = data_encoding::HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, b"{me}").as_ref());
    let own =
        serde_json::json!({ "query": "{me}", "extensions": { "persistedQuery": { "sha256Hash": hash } } });
    assert!(
        json(&own.to_string()).unwrap().persisted.is_empty(),
        "the hash of the document beside it names nothing else"
    );
}

#[test]
fn what_is_not_read_completely_is_refused() {
    for text in [
        "mutation{",
        "mutation{}",
        "{me}}",
        "mutation{...F}",
        "mutation{...F} fragment F on M{...F}",
        "mutation{...F} fragment F on M{...G} fragment G on M{...F}",
        "mutation{...F} fragment F on M{x} fragment F on M{y}",
        "fragment F on M{x}",
        "type T{a:Int}",
        "{me} type T{a:Int}",
        "amount=5000",
        "{\"amount\":5000}",
        "mutation{x(a:\"\\q\")}",
        "mutation{x(a:$)}",
        "query($a:I=$b){x(a:$a)}",
    ] {
        assert_eq!(document(text).unwrap_err().reason(), "graphql", "{text}");
    }
    for text in [
        r#"{"query":["{me}"]}"#,
        r#"{"query":5}"#,
        r#"[{"query":"{me}"},{}]"#,
        r#"[{"query":"{me}"},5]"#,
        r#"[[{"query":"{me}"}]]"#,
    ] {
        assert_eq!(json(text).unwrap_err().reason(), "graphql", "{text}");
    }
    for form in [
        "variables%5Bid%5D=1&query=%7Bme%7D",
        "query=%7Ba%7D&query=%7Bb%7D",
        "query=%7Ba%7D&variables=1&variables=2",
    ] {
        assert!(read(&Fields::default(), &fields(&ContentKind::Urlencoded, form)).is_err(), "{form}");
    }
}

#[test]
fn graphql_bombs_are_refused() {
    let many = 100_000;
    let spreads: String =
        (0..3000).map(|n| format!(" fragment F{n} on M{{...F{}}}", n + 1)).collect::<Vec<_>>().concat();
    let doubled: String = (0..60)
        .map(|n| format!(" fragment F{n} on M{{...F{0} ...F{0}}}", n + 1))
        .collect::<Vec<_>>()
        .concat()
        + " fragment F60 on M{x}";
    for (text, refused) in [
        ("{a".repeat(many) + &"}".repeat(many), true),
        (format!("{{a(b:{}{})}}", "[".repeat(many), "]".repeat(many)), true),
        (format!("{{a(b:{}1{})}}", "{c:".repeat(many), "}".repeat(many)), true),
        ("{".repeat(many), true),
        (format!("query($a:{}I{}){{a}}", "[".repeat(many), "]".repeat(many)), true),
        ("{a".to_owned() + &"{...on A".repeat(many), true),
        (format!("{{{}}}", "a ".repeat(many)), true),
        (format!("mutation{{...F0}}{spreads}"), true),
        (format!("mutation{{...F0}}{doubled}"), false),
    ] {
        let found = document(&text);
        assert_eq!(found.is_err(), refused, "{:?}", text.get(..60));
    }
}

#[test]
fn one_spelling_hides_no_other() {
    let twice = r#"{"query":"mutation($i:ID){d(id:$i)}","variables":"{\"i\":1}","variables[]":"{\"i\":2}"}"#;
    assert_eq!(words(&json(twice).unwrap()), ["mutation d /d/id=1 /d/id=2"]);
    let hidden = r#"{"query":"{me}","extensions":"{\"persistedQuery\":\"x\"}","extensions[]":"{}"}"#;
    assert_eq!(json(hidden).unwrap().persisted, ["x"]);
    assert!(json(r#"{"query[]":"{me}","query":"mutation{d}"}"#).is_err());
}
