//! Question: is the place the right one in every page, however it is cut, and is nothing else of the page touched?

use super::*;

/// The place in these pages is where `|` stands; where there is none, they are left alone.
const PAGES: &[&str] = &[
    "<!doctype html><html><head>|<title>x</title></head><body></body></html>",
    "<!DOCTYPE html>\n<html lang=en>\n<head>|\n<meta charset=utf-8>",
    "<head>|</head>",
    "<html><HEAD profile='a>b' data-x=\"<head>\">|<title>",
    " \r\n\t\x0c<!doctype html>\n<html>\n<head\n>|",
    "<html><head/>|<title>",
    // Without a head: before what makes the browser begin one, or end it.
    "<!doctype html>|<title>x</title><p>text",
    "<!doctype html>\n<!-- c -->\n|<meta charset=utf-8>",
    "<!doctype html><html>|<body onload=\"go('<head>')\">",
    "<html>\n |<frameset><frame></frameset>",
    "|<body>text",
    "|<frameset>",
    "<!doctype html>\n|text",
    "<html> |text <head>",
    "<!doctype html>|<header>not a head</header>",
    "<!doctype html>|</p><head>",
    "<!doctype html>|</head>",
    "<!doctype html>|< html>",
    "<!doctype html>|<script>'<head>'</script><head>",
    "<!doctype html>|<template><head></template>",
    "<!doctype html>|<textarea><head></textarea>",
    "<!doctype html>|<noscript><head></noscript>",
    "<!doctype html>|<svg><head></head></svg>",
    "<!doctype html>|<plaintext><head>",
    // Comments of every sort are passed over, and what is in them.
    "<!-- <head> --><!doctype html><!-- > <html><head> --><html><!--><head>|",
    "<!----><html><!---><head>|",
    "<!doctype html><!-- a --!><head>|",
    "<!doctype html><!--[if lt IE 7]> <html class=\"ie6\"><head> <![endif]-->\n<!--[if gt IE 8]><!--> <html> <!--<![endif]-->\n<head>|",
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><head>|",
    "<!doctype html><![if IE]><head>|<![endif]>",
    "<!doctype html><!DOCTYPE svg><html><html lang=en><head>|",
    "\u{feff}<!doctype html><html><head>|ä",
    // Bytes beyond ASCII, UTF-8 or not, are none of our business.
    "<!-- äöü 漢字 --><!doctype html><html title=\"ß\"><head>|<title>漢字",
    // Fragments and what is no HTML.
    "",
    " \n ",
    "text <html><head>",
    "<p>one</p><p>two</p>",
    "<tr><td>1</td></tr>",
    "<div><html><head></head></html></div>",
    "<!-- a comment --><li>item</li>",
    "<title>only</title><p>htmx takes it</p>",
    "<script>document.write('<html><head>')</script>",
    "<textarea>{\"id\": 1}</textarea>",
    "{\"json\": \"<html><head>\"}",
    "</html><head>",
    "<!DOCTYPE svg PUBLIC \"x\"><html><head>",
    "<!doctype xhtml><html><head>",
    "<",
    "<!doctype html",
    "<!doctype html><html",
    "<!doctype html><!-- never closed <head>",
    "<html lang=\"never closed><head>",
    "\u{feff}",
    "\u{feff}\u{feff}<!doctype html><head>",
    // A change of the character set before the place.
    "<!doctype html><!-- \x1b$B --><head>",
];

/// All that goes on of `page` when it comes in pieces of `size`, the place marked by `mark`.
fn marked(page: &[u8], size: usize, most: u64, mark: &[u8]) -> Vec<u8> {
    let mut place = Place::new(most);
    let mut out = Vec::new();
    for piece in page.chunks(size) {
        let Some(open) = &mut place else {
            out.extend_from_slice(piece);
            continue;
        };
        match open.push(Bytes::copy_from_slice(piece)) {
            Looked::NotYet(past) => out.extend_from_slice(&past),
            Looked::Here { before, after } => {
                out.extend([&before[..], mark, &after[..]].concat());
                place = None;
            }
            Looked::Nowhere(all) => {
                out.extend_from_slice(&all);
                place = None;
            }
        }
    }
    out.extend(place.map(Place::finish).unwrap_or_default());
    out
}

#[test]
fn the_place_is_the_same_however_a_page_is_cut() {
    for expected in PAGES {
        let page = expected.replacen('|', "", 1);
        for size in (1..=20).chain([1000]) {
            let got = marked(page.as_bytes(), size, 1 << 20, b"|");
            assert_eq!(String::from_utf8(got).unwrap(), *expected, "in pieces of {size}");
        }
    }
}

#[test]
fn what_is_in_another_charset_stays() {
    let shift_jis = b"<!doctype html><!-- \x83\x5c\x83\x3e \x95\x5c --><html title=\"\x83\x5c\x83\x7c\"><head>|<title>\x95\x5c";
    let latin = b"<!doctype html><!-- \xe4\xf6\xff\x80 --><html title='\xff'><head>|\xe4";
    for expected in [&shift_jis[..], &latin[..]] {
        let bar = expected.iter().rposition(|byte| *byte == b'|').unwrap();
        let page = [&expected[..bar], &expected[bar + 1..]].concat();
        for size in [1, 2, 3, 7, 1000] {
            assert_eq!(marked(&page, size, 1 << 20, b"|"), expected, "{size}");
        }
    }
    let text = "<!doctype html><html><head><title>x";
    for bytes in [
        text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        [&b"\xff\xfe"[..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()].concat(),
        [&b"\xfe\xff"[..], &text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>()].concat(),
    ] {
        for size in [1, 2, 3, 1000] {
            assert_eq!(marked(&bytes, size, 1 << 20, b"|"), bytes);
        }
    }
}

#[test]
fn a_page_goes_on_as_it_comes() {
    let mut place = Place::new(1 << 20).unwrap();
    for (piece, past) in [
        ("<!doctype", ""),
        (" html>\n ", "<!doctype html>\n "),
        ("   ", "   "),
        ("<!-- wait --> \n", "<!-- wait --> \n"),
        ("<ht", ""),
        ("ml>", "<html>"),
    ] {
        let got = place.push(Bytes::from_static(piece.as_bytes()));
        assert_eq!(got, Looked::NotYet(Bytes::from_static(past.as_bytes())), "{piece}");
    }
}

#[test]
fn what_is_too_long_passes() {
    let long = |count: usize| "x".repeat(count);
    let page = |filler: &str| format!("<!doctype html><html data-state=\"{filler}\"><head><title>");
    for (filler, size, found) in
        [(100_000, 16_384, true), (1 << 20, 16_384, false), (1 << 20, 1 << 21, true), (300_000, 500, false)]
    {
        let page = page(&long(filler));
        let got = String::from_utf8(marked(page.as_bytes(), size, 4 << 20, b"|")).unwrap();
        assert_eq!(got.replacen('|', "", 1), page);
        assert_eq!(got.contains("<head>|<title>"), found, "{filler} in pieces of {size}");
    }
    // White space alone is not kept, and ends the search at the limit.
    let page = format!("<!doctype html>{}<head>", " ".repeat(10_000));
    for (most, found) in [(20_000, true), (10_021, true), (10_020, false), (5000, false), (0, false)] {
        for size in [1, 1000, 100_000] {
            let got = String::from_utf8(marked(page.as_bytes(), size, most, b"|")).unwrap();
            assert_eq!(got.ends_with('|'), found, "{most} in pieces of {size}");
            assert_eq!(got.trim_end_matches('|'), page);
        }
    }
}

proptest::proptest! {
    #[test]
    fn nothing_is_lost_doubled_or_changed(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "<", ">", "!", "--", "<!--", "-->", "<!doctype html>", "<html", "<html>", "<head", "<head>", "</", "/", "p", "<p ", "\"", "'",
            "=", " ", "\n", "a", "<?", "<![CDATA[", "]]>", "<script>", "</script>", "<title>", "\0", "\u{feff}", "ä", "\u{1b}", "&lt;",
        ]), 0..24),
        size in 1usize..12,
    ) {
        let page = parts.concat();
        let whole = marked(page.as_bytes(), 4096, 1 << 20, b"\xff");
        let cut = marked(page.as_bytes(), size, 1 << 20, b"\xff");
        let without = |marked: &[u8]| marked.iter().copied().filter(|byte| *byte != 0xff).collect::<Vec<u8>>();
        proptest::prop_assert_eq!(without(&whole), page.as_bytes());
        proptest::prop_assert_eq!(&whole, &cut);
        proptest::prop_assert!(whole.len() <= page.len() + 1);
    }
}
