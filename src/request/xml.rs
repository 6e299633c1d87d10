//! XML bodies, SOAP among them: every element and attribute is a field named by the local names that lead to it.
//!
//! The parser is roxmltree: strict about well-formedness and namespaces, without external entities, and not recursive. quick-xml is faster, but
//! leaves names, characters and duplicates to its caller. Here is refused what is well-formed but read differently.
//!
//! Two elements of the same local name count as the same, whatever their namespaces: which of them a backend binds is not known. White space at the
//! ends of a value is taken away, since pretty printing adds it, except under `xml:space="preserve"`.
//!
//! **Invariant:** no document type, entity, processing instruction, inclusion or encoding other than UTF-8; no value in several pieces, no text beside
//! elements. Depth and number are bounded before anything is built (`xml_bombs_are_refused`).

use roxmltree::{Document, Node, NodeType, ParsingOptions};

use super::body::BodyLimits;
use super::charset::Charset;
use super::fields::{FieldValue, Fields, Place, checked_name, escape_pointer};
use super::refusal::Refusal;

/// The most attributes of one element.
const ATTRIBUTES: usize = 64;
/// What includes something else: `XInclude`, and parts of MTOM.
const INCLUDES: [&str; 3] = [
    "http://www.w3.org/2001/XInclude",
    "http://www.w3.org/2003/XInclude",
    "http://www.w3.org/2004/08/xop/include",
];
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The fields of an XML document.
///
/// # Errors
/// What is not well-formed, what is read in different ways, or a limit.
pub fn read(body: &[u8], limits: &BodyLimits) -> Result<Fields, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::NotUtf8)?;
    check_raw(text, limits)?;
    let nodes = u32::try_from(limits.fields.saturating_mul(3)).unwrap_or(u32::MAX);
    let options = ParsingOptions { allow_dtd: false, nodes_limit: nodes, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached => Refusal::TooManyFields(limits.fields),
        roxmltree::Error::DtdDetected => Refusal::Xml("it has a document type"),
        _ => Refusal::Xml("it is not well-formed"),
    })?;
    if document.root().children().any(|node| node.node_type() == NodeType::PI) {
        return Err(Refusal::Xml("it has a processing instruction"));
    }
    let mut fields = Fields::default();
    // The elements still to be read, with their place and whether blanks count in them.
    let mut open = vec![(document.root_element(), String::new(), false)];
    while let Some((element, parent, preserved)) = open.pop() {
        let place = format!("{parent}/{}", escape_pointer(element.tag_name().name()));
        let place = checked_name(place, limits)?;
        if place.split('/').skip(1).count() > limits.depth {
            return Err(Refusal::XmlDepth(limits.depth));
        }
        let space = element.attribute((XML, "space"));
        let preserved = space.map_or(preserved, |space| space == "preserve");
        fields.push(Place::Xml, place.clone(), value(&element, preserved)?);
        for attribute in element.attributes() {
            let name = checked_name(format!("{place}/@{}", escape_pointer(attribute.name())), limits)?;
            fields.push(Place::Xml, name, FieldValue::Text(checked_text(attribute.value())?));
        }
        if fields.len() > limits.fields {
            return Err(Refusal::TooManyFields(limits.fields));
        }
        let below = element.children().filter(Node::is_element).rev();
        open.extend(below.map(|child| (child, place.clone(), preserved)));
    }
    fields.judge(Charset::Utf8)?;
    Ok(fields)
}

/// What an element holds: its text, or that it has children.
fn value(element: &Node<'_, '_>, preserved: bool) -> Result<FieldValue, Refusal> {
    if element.tag_name().namespace().is_some_and(|namespace| INCLUDES.contains(&namespace)) {
        return Err(Refusal::Xml("it includes something else"));
    }
    let (mut text, mut texts, mut others, mut elements, mut written) = ("", 0, 0, 0, false);
    for node in element.children() {
        match node.node_type() {
            NodeType::Element => elements += 1,
            NodeType::Text => {
                texts += 1;
                text = node.text().unwrap_or_default();
                written |= !text.trim_matches(is_blank).is_empty();
            }
            NodeType::PI => return Err(Refusal::Xml("it has a processing instruction")),
            NodeType::Comment | NodeType::Root => others += 1,
        }
    }
    if elements > 0 && written {
        return Err(Refusal::Xml("there is text beside elements"));
    }
    if elements > 0 {
        return Ok(FieldValue::Composite);
    }
    // THREAT: some readers take the first piece of a text, others all of them.
    let raw = element.document().input_text().get(element.range()).unwrap_or_default();
    let in_one_section =
        |(_, rest): (&str, &str)| rest.split_once("]]>").is_some_and(|(inner, _)| inner == text);
    let is_section = raw.split_once("<![CDATA[").map(in_one_section);
    if texts > 1 || (texts == 1 && others > 0) || is_section == Some(false) {
        return Err(Refusal::Xml("a value is in several pieces"));
    }
    checked_text(if preserved { text } else { text.trim_matches(is_blank) }).map(FieldValue::Text)
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn checked_text(text: &str) -> Result<String, Refusal> {
    if text.chars().any(|c| c.is_control() && !is_blank(c)) {
        return Err(Refusal::FieldControl);
    }
    Ok(text.to_owned())
}

/// What must be known before a tree is built: declaration, depth, and attributes (which the parser compares each with each).
fn check_raw(text: &str, limits: &BodyLimits) -> Result<(), Refusal> {
    if text.starts_with('\u{feff}') {
        return Err(Refusal::Xml("it begins with a byte order mark"));
    }
    if let Some(declaration) = text.strip_prefix("<?xml").and_then(|rest| rest.split("?>").next()) {
        let declaration = declaration.to_ascii_lowercase();
        let encoding = declaration
            .split_once("encoding")
            .map(|(_, rest)| rest.trim_start_matches([' ', '\t', '\r', '\n', '=']));
        let is_utf8 = |value: &str| {
            ["\"utf-8\"", "'utf-8'", "\"us-ascii\"", "'us-ascii'"]
                .iter()
                .any(|known| value.starts_with(known))
        };
        if encoding.is_some_and(|value| !is_utf8(value) || (value.contains("ascii") && !text.is_ascii())) {
            return Err(Refusal::Charset);
        }
        if declaration.contains("1.1") {
            return Err(Refusal::Xml("it is not XML 1.0"));
        }
    }
    let (mut depth, mut count) = (0usize, 0usize);
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        // What looks like markup in a comment or CDATA section must not count: it is passed over.
        let passed =
            [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>")].into_iter().find_map(|(open, close)| {
                Some(after.strip_prefix(open)?.split_once(close).map_or("", |(_, rest)| rest))
            });
        if let Some(passed) = passed {
            rest = passed;
            continue;
        }
        let tag = after.split('<').next().unwrap_or_default();
        let assigned = tag.match_indices('=').filter(|(at, _)| {
            tag.get(at + 1..).is_some_and(|value| value.trim_start().starts_with(['"', '\'']))
        });
        if assigned.count() > ATTRIBUTES {
            return Err(Refusal::Xml("an element has too many attributes"));
        }
        if after.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !after.starts_with('!') {
            count += 1;
            // An attribute may hold `/>` or `>`, so an element counts as open unless its tag surely ends at once.
            let closed =
                tag.split_once('>').is_some_and(|(tag, _)| tag.ends_with('/') && !tag.contains(['"', '\'']))
                    || tag.trim_end_matches(is_blank).ends_with("/>");
            depth += usize::from(!closed);
        }
        if depth > limits.depth {
            return Err(Refusal::XmlDepth(limits.depth));
        }
        if count > limits.fields {
            return Err(Refusal::TooManyFields(limits.fields));
        }
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
