//! Bodies with a Content-Encoding: what is read, and what is refused.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use crate::request::body::{self, BodyLimits, Reader};
use crate::request::{ContentKind, FieldValue, Fields, Refusal};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn raw(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// `{"amount":5000}` by the reference encoder, in one uncompressed piece.
const BROTLI: [u8; 19] = *b"\x0b\x07\x80{\"amount\":5000}\x03";

/// `{"a":"lorem ipsum …"}`, 60,007 bytes, by the reference encoder.
const LONG_BROTLI: &[u8] = b"\
    \x1b\x67\xea\xf8\x2d\x0e\x6c\x9b\x44\xf6\x05\x87\x61\x7d\xe5\x18\x5f\x8a\xa4\xed\xb5\xce\x1b\x5c\
    \x9f\x0a\x63\xab\x36\xb9\x06\x29\x9b\xab\x53\x92\x5c\x18\x0b\x84\x83\x38\xc0\x40\x8b\x6a\x30";

fn read(coding: &str, content_type: &str, body: &[u8]) -> Result<Fields, Refusal> {
    let kind = ContentKind::of(Some(content_type.as_bytes()), Some(coding.as_bytes()));
    body::read(&kind, body, &BodyLimits::new(1 << 20))
}

#[test]
fn coded_bodies_are_read() {
    let text = br#"{"amount":5000}"#;
    for (coding, body) in [
        ("gzip", gzip(text)),
        ("X-GZIP", gzip(text)),
        ("deflate", zlib(text)),
        ("br", BROTLI.to_vec()),
        ("identity", text.to_vec()),
    ] {
        let fields = read(coding, "application/json", &body).unwrap();
        let values: Vec<_> = fields.values("amount").map(|field| field.value.clone()).collect();
        assert_eq!(values, [FieldValue::Number("5000".to_owned())], "{coding}");
        let kind = ContentKind::of(Some(b"application/json"), Some(coding.as_bytes()));
        let mut reader = Reader::new(&kind, BodyLimits::new(1 << 20));
        for byte in &body {
            reader.push(&[*byte]).unwrap();
        }
        assert_eq!(reader.finish().unwrap(), fields, "{coding}, byte by byte");
        assert!(read(coding, "application/json", b"").unwrap().is_empty());
    }
    let long = format!("{{\"a\":\"{}\"}}", "lorem ipsum ".repeat(5000));
    assert_eq!(read("gzip", "application/json", &gzip(long.as_bytes())).unwrap().len(), 2);
    assert_eq!(read("deflate", "application/json", &zlib(long.as_bytes())).unwrap().len(), 2);
    // All of it fits into the decoder at once.
    assert_eq!(read("br", "application/json", LONG_BROTLI).unwrap().len(), 2);
}

#[test]
fn odd_codings_are_refused() {
    let text = br#"{"amount":5000}"#;
    let good = gzip(text);
    let mut checksum = good.clone();
    let at = checksum.len() - 6;
    checksum[at] ^= 1;
    let mut adler = zlib(text);
    *adler.last_mut().unwrap() ^= 1;
    let cut = |body: &[u8]| body[..body.len() - 1].to_vec();
    let join = |one: &[u8], other: &[u8]| [one, other].concat();
    for (coding, body, reason) in [
        ("gzip", text.to_vec(), "coding-data"),
        ("gzip", cut(&good), "coding-data"),
        ("gzip", good[..12].to_vec(), "coding-data"),
        ("gzip", join(&good, &good), "coding-data"),
        ("gzip", join(&good, b"x"), "coding-data"),
        ("gzip", checksum, "coding-data"),
        ("gzip", zlib(text), "coding-data"),
        ("deflate", raw(text), "coding-data"),
        ("deflate", cut(&zlib(text)), "coding-data"),
        ("deflate", join(&zlib(text), b"x"), "coding-data"),
        ("deflate", adler, "coding-data"),
        ("br", text.to_vec(), "coding-data"),
        ("br", cut(&BROTLI), "coding-data"),
        ("br", join(&BROTLI, b"x"), "coding-data"),
        ("gzip, gzip", good.clone(), "content-encoding"),
        ("zstd", good.clone(), "content-encoding"),
        ("", good.clone(), "content-encoding"),
        ("gzip", gzip(&vec![b' '; 10 << 20]), "coding-ratio"),
        ("deflate", zlib(&vec![b' '; 10 << 20]), "coding-ratio"),
        ("gzip", gzip(&crate::request::coding::tests::noise(2 << 20)), "too-large"),
    ] {
        let found = read(coding, "application/json", &body);
        assert_eq!(found.unwrap_err().reason(), reason, "{coding} {:?}", body.get(..40));
    }
}

/// Text that does not compress well.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::try_from(state >> 25).unwrap() | 0x20
        })
        .collect()
}

#[test]
fn who_ignores_a_coding_finds_nothing_else() {
    let named = |name: &[u8], text: &[u8]| {
        let mut encoder = flate2::GzBuilder::new().filename(name).write(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let form =
        read("gzip", "application/x-www-form-urlencoded", &named(b"&amount=5000&", b"amount=5")).unwrap();
    let values: Vec<_> = form.values("amount").filter_map(|field| field.value.as_text()).collect();
    assert_eq!(values, ["5", "5000"]);
    let plain = read("gzip", "application/x-www-form-urlencoded", &gzip(b"amount=5&note=x")).unwrap();
    assert_eq!(plain.values("amount").count(), 1);
    let part = b"--B\r\nContent-Disposition: form-data; name=\"amount\"\r\n\r\n5\r\n--B--\r\n";
    let multipart = |body: &[u8]| read("gzip", "multipart/form-data; boundary=B", body);
    assert_eq!(multipart(&named(part, part)).unwrap_err().reason(), "coding-data");
}
