//! Reads what `[tenant.default]` says of the portal's looks: `name`, `names`, `logo`, `accent`.
//!
//! **Invariant:** a logo is a small PNG, or an SVG that does nothing: no script, no handler, nothing from elsewhere. It is shown as a picture
//! only, where browsers would run none of it; this is the second lock.

use std::ops::Range;
use std::path::Path;

use crate::base::colour::Colour;
use crate::base::settings::theme::{Logo, Theme};
use crate::policy::source::table::{Reader, Table};

use super::title;

/// The most bytes of a logo.
const MOST: usize = 64 << 10;
/// The most points of a PNG's side.
const SIDE: u32 = 2048;

/// Reads the theme of `[tenant.default]`.
pub(super) fn theme(reader: &mut Reader<'_>, tenant: Option<Table<'_>>, folder: &Path) -> Theme {
    let Some(table) = tenant else { return Theme::default() };
    let name = title::named(reader, table, ("name", "names"));
    let logo = reader.text(table, "logo").and_then(|(path, at)| logo(reader, folder, path, at));
    let accent = reader.parsed(table, "accent", str::parse::<Colour>);
    if let Some(given) = accent
        && Theme::light(given) != given
    {
        let used = Theme::light(given);
        reader.warn(
            table.at("accent"),
            format!("white text on `{given}` could not be read"),
            format!("it is used darker, as `{used}`; WCAG 2.2 §1.4.3 wants a contrast of 4.5"),
        );
    }
    Theme { name, logo, accent }
}

fn logo(reader: &mut Reader<'_>, folder: &Path, path: &str, at: Range<usize>) -> Option<Logo> {
    const HELP: &str = "a PNG of at most 2048 × 2048, or an SVG without script, of at most 64 KiB";
    let bytes = match std::fs::read(folder.join(path)) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = format!("`{path}` cannot be read: {}", super::lower(&error.to_string()));
            reader.fault(at, message, "paths are relative to the configuration file");
            return None;
        }
    };
    let judged = if bytes.len() > MOST {
        Err("is larger than 64 KiB")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        png(&bytes).map(|()| "image/png")
    } else {
        svg(&bytes).map(|()| "image/svg+xml")
    };
    match judged {
        Ok(kind) => Some(Logo { kind, bytes }),
        Err(why) => {
            reader.fault(at, format!("`{path}` {why}"), HELP);
            None
        }
    }
}

/// The head of a PNG (ISO/IEC 15948 §11.2.2): width and height.
fn png(bytes: &[u8]) -> Result<(), &'static str> {
    let side = |from: usize| -> Option<u32> {
        let four = bytes.get(from..from.checked_add(4)?)?;
        four.try_into().ok().map(u32::from_be_bytes)
    };
    match (bytes.get(12..16), side(16), side(20)) {
        (Some(b"IHDR"), Some(1..=SIDE), Some(1..=SIDE)) => Ok(()),
        (Some(b"IHDR"), Some(_), Some(_)) => Err("has too many points"),
        _ => Err("is a broken PNG"),
    }
}

fn svg(bytes: &[u8]) -> Result<(), &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is neither a PNG nor an SVG")?;
    let document = roxmltree::Document::parse(text).map_err(|error| match error {
        roxmltree::Error::DtdDetected => "has a document type",
        _ => "is neither a PNG nor an SVG",
    })?;
    let namespace = "http://www.w3.org/2000/svg";
    if !document.root_element().has_tag_name((namespace, "svg")) {
        return Err("is neither a PNG nor an SVG");
    }
    for node in document.descendants() {
        if node.is_pi() {
            return Err("is an SVG with a processing instruction");
        }
        if !node.is_element() {
            continue;
        }
        if node.tag_name().namespace() == Some(namespace)
            && ["script", "foreignObject", "handler", "iframe", "set", "animate"]
                .contains(&node.tag_name().name())
        {
            return Err("is an SVG that does something");
        }
        for attribute in node.attributes() {
            if attribute.name().to_ascii_lowercase().starts_with("on") {
                return Err("is an SVG that does something");
            }
            let (name, value) = (attribute.name(), attribute.value().trim());
            if name == "href" && !value.starts_with('#') && !value.starts_with("data:image/") {
                return Err("is an SVG that needs something from elsewhere");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
        [&head[..], &width.to_be_bytes(), &height.to_be_bytes()].concat()
    }

    #[test]
    fn a_png_is_small_and_whole() {
        assert_eq!(png(&png_of(1, 2048)), Ok(()));
        for bytes in
            [png_of(0, 1), png_of(1, 2049), png_of(1, 1)[..20].to_vec(), b"\x89PNG\r\n\x1a\n".to_vec()]
        {
            assert!(png(&bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn an_svg_does_nothing() {
        let svg_of = |inside: &str| {
            svg(format!(r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{inside}</svg>"#).as_bytes())
        };
        for good in [
            "<path d='M0 0'/>",
            "<style>path { fill: red }</style><path/>",
            "<use href='#a'/>",
            "<image xlink:href='data:image/png;base64,AA'/>",
        ] {
            assert_eq!(svg_of(good), Ok(()), "{good}");
        }
        for bad in [
            "<script>1</script>",
            "<g onload='x()'/>",
            "<g onClick='x()'/>",
            "<foreignObject/>",
            "<a href='https://evil.example'/>",
            "<use xlink:href='/other.svg#a'/>",
            "<a href=' javascript:x()'/>",
            "<set attributeName='href' to='javascript:x()'/>",
            "<?xml-stylesheet href='a.xsl'?>",
            "<g>",
        ] {
            assert!(svg_of(bad).is_err(), "{bad}");
        }
        for bad in ["", "<html/>", "<svg/>", "<!DOCTYPE svg><svg xmlns='http://www.w3.org/2000/svg'/>"] {
            assert!(svg(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(svg(b"\xff\xfe").is_err());
    }
}
