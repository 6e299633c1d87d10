//! Question: is a page with the script in it the page, byte for byte, in every coding and every cut?

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::*;

const ELEMENT: &str = "<script src=x></script>";

fn page() -> Vec<u8> {
    let mut page = b"<!doctype html>\n<!-- c --><html lang=en>\n<head>\n<meta charset=utf-8><title>".to_vec();
    page.extend((0..60_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()));
    page
}

fn with_script(page: &[u8]) -> Vec<u8> {
    let at = page.windows(6).position(|six| six == b"<head>").unwrap() + 6;
    [&page[..at], ELEMENT.as_bytes(), &page[at..]].concat()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

fn gunzip(coded: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(coded).read_to_end(&mut plain)?;
    Ok(plain)
}

/// In blocks that are not compressed (RFC 7932 §9.2): a reader of brotli cannot tell how hard somebody tried.
fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    for (at, block) in plain.chunks(1 << 15).enumerate() {
        // A window of 16 bits (the first block alone says so), not the last block, four digits of length, not compressed.
        let length = u32::try_from(block.len() - 1).unwrap();
        let header = (length << 3) | (1 << 19);
        let header = if at == 0 { header << 1 } else { header };
        coded.extend(&header.to_le_bytes()[..3]);
        coded.extend(block);
    }
    coded.push(if plain.is_empty() { 6 } else { 3 });
    coded
}

/// All that goes on.
fn rewritten(coding: Option<Coding>, packs: bool, page: &[u8], size: usize) -> Result<Vec<u8>, Broken> {
    let mut rewriter = Rewriter::new(coding, packs, Bytes::from_static(ELEMENT.as_bytes()), 1 << 20);
    let mut out = Vec::new();
    for piece in page.chunks(size) {
        out.extend(rewriter.push(Bytes::copy_from_slice(piece))?);
    }
    out.extend(rewriter.finish()?);
    Ok(out)
}

#[test]
fn a_page_is_the_same_in_every_cut_and_coding() {
    let (page, expected) = (page(), with_script(&page()));
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(&page).unwrap();
    let zlib = zlib.finish().unwrap();
    for size in [1, 7, 1000, page.len()] {
        assert!(rewritten(None, false, &page, size).unwrap() == expected, "{size}");
        for (coding, coded) in
            [(Coding::Gzip, gzip(&page)), (Coding::Deflate, zlib.clone()), (Coding::Brotli, brotli(&page))]
        {
            let packed = rewritten(Some(coding), true, &coded, size.max(5)).unwrap();
            assert!(gunzip(&packed).unwrap() == expected, "{coding:?} {size}");
            assert!(
                rewritten(Some(coding), false, &coded, size).unwrap() == expected,
                "{coding:?} {size}, plain"
            );
        }
    }
}

#[test]
fn a_fragment_is_the_same_in_every_cut_and_coding() {
    for page in [&b""[..], b"<p>one<p>two", b"<!doctype ht", b"\xff\xfe<\0h\0", b"<html"] {
        for size in [1, 7, 1000] {
            assert_eq!(rewritten(None, false, page, size).unwrap(), page);
            let packed = rewritten(Some(Coding::Gzip), true, &gzip(page), size).unwrap();
            assert_eq!(gunzip(&packed).unwrap(), page);
        }
    }
    assert_eq!(rewritten(Some(Coding::Gzip), true, b"", 1).unwrap(), b"", "an empty body stays one");
}

#[test]
fn a_plain_page_is_handed_on_untouched_behind_the_script() {
    let mut rewriter = Rewriter::new(None, false, Bytes::from_static(ELEMENT.as_bytes()), 1 << 20);
    assert!(!rewriter.is_idle());
    rewriter.push(Bytes::from_static(b"<!doctype html><head><title>")).unwrap();
    assert!(rewriter.is_idle());
    let mut fragment = Rewriter::new(None, false, Bytes::from_static(ELEMENT.as_bytes()), 1 << 20);
    fragment.push(Bytes::from_static(b"<p>")).unwrap();
    assert!(fragment.is_idle());
}

#[test]
fn what_breaks_off_breaks_off() {
    let (page, expected) = (page(), with_script(&page()));
    let coded = gzip(&page);
    for size in [100, 1 << 20] {
        // Cut short: all that could be read, and no proper end.
        let packed = rewritten(Some(Coding::Gzip), true, &coded[..coded.len() / 2], size).unwrap();
        let mut got = Vec::new();
        assert!(GzDecoder::new(&packed[..]).read_to_end(&mut got).is_err());
        assert!(expected.starts_with(&got) && got.len() > page.len() / 4, "{}", got.len());
        // Rubbish from the middle on: an error, and before it all that could be read.
        let mut broken = coded.clone();
        broken[coded.len() / 2..].fill(0xff);
        assert_eq!(rewritten(Some(Coding::Gzip), true, &broken, size), Err(Broken));
        let mut rewriter =
            Rewriter::new(Some(Coding::Gzip), false, Bytes::from_static(ELEMENT.as_bytes()), 1 << 20);
        let first = rewriter.push(Bytes::from(broken)).unwrap();
        assert!(expected.starts_with(&first[..page.len() / 4]));
        assert_eq!(rewriter.push(Bytes::from_static(b"more")), Err(Broken));
    }
}
