//! XML bodies: what is read, and what is refused.

use super::*;

fn words(text: &str) -> Result<Vec<String>, &'static str> {
    let fields = read(text.as_bytes(), &BodyLimits::new(1 << 20)).map_err(|refusal| refusal.reason())?;
    Ok(fields
        .iter()
        .map(|field| format!("{}={}", field.name, field.value.as_text().unwrap_or("+")))
        .collect())
}

#[test]
fn elements_and_attributes_are_fields() {
    for (text, expected) in [
        ("<a/>", &["/a="][..]),
        ("<?xml version=\"1.0\" encoding='UTF-8'?>\n<!-- x --><a> 5\n</a>\n", &["/a=5"]),
        ("<a xml:space=\"preserve\"> 5</a>", &["/a= 5", "/a/@space=preserve"]),
        (
            "<s:E xmlns:s='urn:s'><s:B>\n <t:T xmlns:t='urn:t' id='7' t:id='8'><amount>10&#48;0&lt;</amount></t:T> <x/><x>1</x></s:B></s:E>",
            &[
                "/E=+",
                "/E/B=+",
                "/E/B/T=+",
                "/E/B/T/@id=7",
                "/E/B/T/@id=8",
                "/E/B/T/amount=1000<",
                "/E/B/x=",
                "/E/B/x=1",
            ],
        ),
        ("<a><![CDATA[5<6]]></a>", &["/a=5<6"]),
        ("<a>\u{e9}</a>", &["/a=\u{e9}"]),
        ("<a><!-- x --><b>1</b><!-- y --></a>", &["/a=+", "/a/b=1"]),
        ("<a n='<'/>", &[]),
    ] {
        match words(text) {
            Ok(found) => assert_eq!(found, expected, "{text}"),
            Err(_) => assert!(expected.is_empty(), "{text}"),
        }
    }
}

#[test]
fn odd_xml_is_refused() {
    for (text, reason) in [
        ("<!DOCTYPE a><a/>", "xml"),
        ("<!DOCTYPE a [<!ENTITY x \"5\">]><a>&x;</a>", "xml"),
        ("<a>&x;</a>", "xml"),
        ("<a>&#0;</a>", "xml"),
        ("<a>&#1;</a>", "xml"),
        ("<a>&#x85;</a>", "field-control"),
        ("<?xml version=\"1.0\" encoding=\"utf-16\"?><a/>", "charset"),
        ("<?xml version=\"1.0\" encoding=\"utf-7\"?><a/>", "charset"),
        ("<?xml version=\"1.0\" encoding=\"us-ascii\"?><a>\u{e9}</a>", "charset"),
        ("<?xml version=\"1.1\"?><a/>", "xml"),
        ("\u{feff}<a/>", "xml"),
        ("<?x y?><a/>", "xml"),
        ("<a><?x y?></a>", "xml"),
        ("<p:a/>", "xml"),
        ("<a p:b=''/>", "xml"),
        ("<a b='' b=''/>", "xml"),
        ("<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", "xml"),
        ("<a>10<!---->00</a>", "xml"),
        ("<a><!---->1000</a>", "xml"),
        ("<a>10<![CDATA[00]]></a>", "xml"),
        ("<a><![CDATA[10]]><![CDATA[00]]></a>", "xml"),
        ("<a>x<b/></a>", "xml"),
        ("<a><b/>x</a>", "xml"),
        ("<a/><b/>", "xml"),
        ("<a/>x", "xml"),
        ("<a>", "xml"),
        ("<a></b>", "xml"),
        ("amount=5000", "xml"),
        ("{\"amount\":5000}", "xml"),
        ("<i:include xmlns:i='http://www.w3.org/2001/XInclude' href='x'/>", "xml"),
        ("<a><x:Include xmlns:x='http://www.w3.org/2004/08/xop/include' href='cid:1'/></a>", "xml"),
    ] {
        assert_eq!(words(text).unwrap_err(), reason, "{text}");
    }
    assert_eq!(read(b"<a>\xe9</a>", &BodyLimits::new(100)).unwrap_err().reason(), "not-utf8");
}

#[test]
fn xml_bombs_are_refused() {
    let many = 100_000;
    let attributes: String = (0..many).map(|n| format!(" a{n}='>'")).collect::<Vec<_>>().concat();
    for (text, reason) in [
        ("<a>".repeat(many) + &"</a>".repeat(many), "xml-depth"),
        ("<a b='/>'>".repeat(many), "xml-depth"),
        ("<a>".repeat(65) + &"</a>".repeat(65), "xml-depth"),
        (format!("<a>{}</a>", "<b/>".repeat(many)), "too-many-fields"),
        (format!("<a>{}</a>", "<b></b>".repeat(many)), "too-many-fields"),
        (format!("<a{attributes}/>"), "xml"),
        (format!("<{}/>", "a".repeat(2000)), "name-too-long"),
        (format!("<a>{}</a>", "<!---->".repeat(many)), "too-many-fields"),
    ] {
        let found = read(text.as_bytes(), &BodyLimits::new(u64::MAX));
        assert_eq!(found.unwrap_err().reason(), reason, "{:?}", text.get(..60));
    }
    assert!(words(&("<a>".repeat(64) + &"</a>".repeat(64))).is_ok());
    let wide = format!("<a>{}</a>", "<b x='/>'>1</b>".repeat(2000));
    assert!(words(&wide).is_ok(), "an attribute that looks like the end of a tag");
}
