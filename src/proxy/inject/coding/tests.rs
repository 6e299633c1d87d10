//! Question: is a compressed page read as a browser reads it, whole, piece by piece and broken?

use std::io::Write as _;

use super::*;

fn text() -> Vec<u8> {
    (0..4000)
        .flat_map(|line| format!("<p>line {line} of {}</p>\n", line * 7919 % 1000).into_bytes())
        .collect()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

fn raw(plain: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

fn zstandard(plain: &[u8]) -> Vec<u8> {
    zstd::encode_all(plain, 3).unwrap()
}

/// What is made of `coded` in pieces of `size`: the plain bytes, whether all could be read, and whether it ended properly.
fn read(coding: Coding, coded: &[u8], size: usize) -> (Vec<u8>, bool, bool) {
    let mut decoder = Decoder::new(coding);
    let mut out = Vec::new();
    for piece in coded.chunks(size) {
        if decoder.push(piece, &mut out).is_err() {
            return (out, false, false);
        }
    }
    let whole = decoder.finish(&mut out);
    (out, true, whole)
}

#[test]
fn every_coding_is_read_in_every_cut() {
    let plain = text();
    for (coding, coded) in [
        (Coding::Gzip, gzip(&plain)),
        (Coding::Deflate, zlib(&plain)),
        (Coding::Deflate, raw(&plain)),
        (Coding::Zstd, zstandard(&plain)),
    ] {
        for size in [1, 2, 7, 1000, 1 << 20] {
            let (got, read, whole) = read(coding, &coded, size);
            assert!(got == plain && read && whole, "{coding:?} in pieces of {size}: {} bytes", got.len());
        }
        for cut in [1, 11, coded.len() / 2, coded.len() - 1] {
            let (got, read, whole) = read(coding, &coded[..cut], 100);
            assert!(plain.starts_with(&got) && read && !whole, "{coding:?} cut at {cut}");
        }
    }
}

#[test]
fn brotli_is_read() {
    // `printf '<!doctype html><html><head></head></html>' | brotli`, in one literal block.
    let coded = [&[0x0b, 0x14, 0x80][..], b"<!doctype html><html><head></head></html>", &[0x03]].concat();
    for size in [1, 7, 1000] {
        let (got, read, whole) = read(Coding::Brotli, &coded, size);
        assert_eq!(String::from_utf8_lossy(&got), "<!doctype html><html><head></head></html>", "{size}");
        assert!(read && whole);
    }
    assert!(!read(Coding::Brotli, &coded[..20], 3).2);
}

#[test]
fn zstandard_is_read_frame_by_frame_in_the_window_of_a_browser() {
    let plain = text();
    // A skippable frame between two others (RFC 8878 §3.1.2).
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let three = [&zstandard(&plain[..1000]), &skipped[..], &zstandard(&plain[1000..])].concat();
    for size in [1, 7, 1 << 20] {
        let (got, read_all, whole) = read(Coding::Zstd, &three, size);
        assert!(got == plain && read_all && whole, "{size}: {} bytes", got.len());
        let (got, read_all, _) = read(Coding::Zstd, &[&zstandard(&plain), &b"junk"[..]].concat(), size);
        assert!(got == plain && !read_all, "junk behind it, {size}");
    }
    // Exactly full buffers, at the end of a frame and within.
    for length in [16 * 1024, 32 * 1024, 128 * 1024, 1 << 20] {
        let even = vec![b'x'; length];
        let (got, read_all, whole) = read(Coding::Zstd, &zstandard(&even), 1 << 20);
        assert!(got == even && read_all && whole, "{length}: {} bytes", got.len());
    }
    let piece = vec![b'x'; 1 << 20];
    for (window, taken) in [(23, true), (24, false)] {
        let mut packer = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        packer.window_log(window).unwrap();
        for _ in 0..9 {
            packer.write_all(&piece).unwrap();
        }
        let (got, read_all, whole) = read(Coding::Zstd, &packer.finish().unwrap(), 1000);
        assert_eq!((got.len() == 9 << 20, read_all, whole), (taken, taken, taken), "a window of 2^{window}");
    }
}

#[test]
fn what_a_browser_forgives_is_forgiven() {
    let plain = text();
    let mut wrong_sum = gzip(&plain);
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 1;
    for size in [1, 1000, 1 << 20] {
        let (got, read_all, whole) = read(Coding::Gzip, &wrong_sum, size);
        assert!(got == plain && read_all && !whole, "a wrong checksum, {size}");
        for junk in [&b"junk"[..], b"\0\0\0\0", b"\n"] {
            let (got, read_all, whole) = read(Coding::Gzip, &[&gzip(&plain), junk].concat(), size);
            assert!(got == plain && read_all && whole, "{junk:?} behind it, {size}");
        }
        let two = [gzip(&plain[..1000]), gzip(&plain[1000..])].concat();
        let (got, read_all, whole) = read(Coding::Gzip, &two, size);
        assert!(got == plain && read_all && whole, "two members, {size}");
    }
}

#[test]
fn rubbish_is_no_page() {
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd] {
        for size in [1, 1000] {
            let (got, read, _) =
                read(coding, b"<!doctype html><html> in no coding at all, but long enough", size);
            assert!(!read, "{coding:?} {size}: {}", String::from_utf8_lossy(&got));
        }
    }
    // A block of a sort that does not exist, behind a page that could be read.
    let plain = text();
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(&plain).unwrap();
    packer.flush().unwrap();
    let broken = [packer.get_ref(), &[0x07; 50][..]].concat();
    let (got, read, _) = read(Coding::Gzip, &broken, 100);
    assert!(!read && plain.starts_with(&got) && plain.len() - got.len() < 10_000, "{}", got.len());
}

#[test]
fn what_came_is_given_at_once() {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    let mut decoder = Decoder::new(Coding::Gzip);
    let mut encoder = Encoder::default();
    let mut browser = GzDecoder::new(Vec::new());
    for line in ["<!doctype html>", "<html><head>", "<title>x</title>"] {
        packer.write_all(line.as_bytes()).unwrap();
        packer.flush().unwrap();
        let (mut plain, mut packed) = (Vec::new(), Vec::new());
        decoder.push(&std::mem::take(packer.get_mut()), &mut plain).unwrap();
        assert_eq!(String::from_utf8_lossy(&plain), line);
        encoder.push(&plain, &mut packed);
        encoder.flush(&mut packed);
        browser.write_all(&packed).unwrap();
        browser.flush().unwrap();
        assert_eq!(String::from_utf8_lossy(&std::mem::take(browser.get_mut())), line);
    }
}
