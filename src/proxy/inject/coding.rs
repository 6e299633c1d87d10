//! Content codings of pages: `gzip`, `deflate`, `br` and `zstd` are taken apart as they come, and put together again in gzip.
//!
//! Looser than the reader of request bodies (`request::coding`): a browser shows what it can of a page whose checksum is wrong, that
//! lacks its end, or that something follows, so it is handed on here.
//!
//! **Invariant:** what can be decoded of a piece is given with that piece: nothing waits for the next one that a browser would have.
//! Called by `rewriter`.

use std::io::Write as _;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::write::{GzDecoder, GzEncoder};
use flate2::{Compression, Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, InBuffer, Operation as _, OutBuffer};

/// How hard the gateway packs: a page is read once, soon after.
const EFFORT: Compression = Compression::new(2);
/// Handed to the decoder of gzip at once.
const STEP: usize = 512;
/// The window of zstd that browsers take, as a power of two: 8 MiB (RFC 9659).
const WINDOW: u32 = 23;
/// The first byte of a member in gzip.
const MEMBER: u8 = 0x1f;

/// A coding that can be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// `gzip` or `x-gzip`.
    Gzip,
    /// `deflate`: the zlib format, or raw as some servers send it.
    Deflate,
    /// `br`.
    Brotli,
    /// `zstd`.
    Zstd,
}

/// This is not in that coding, or not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Undecodable;

/// Takes one page apart.
pub(super) struct Decoder {
    inner: Inner,
    untouched: bool,
    ended: bool,
}

type Brotli = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;
type Zstd = zstd::stream::raw::Decoder<'static>;

enum Inner {
    Gzip(Box<GzDecoder<Vec<u8>>>),
    /// Which of the two formats it is, the first byte tells.
    Deflate(Option<Box<Decompress>>),
    Brotli(Box<Brotli>),
    /// Made with the first byte.
    Zstd(Option<Zstd>),
}

impl Decoder {
    pub(super) fn new(coding: Coding) -> Self {
        let inner = match coding {
            Coding::Gzip => Inner::Gzip(Box::new(GzDecoder::new(Vec::new()))),
            Coding::Deflate => Inner::Deflate(None),
            // Strict: no window beyond 16 MiB.
            Coding::Brotli => {
                let state = Brotli::new_strict(
                    StandardAlloc::default(),
                    StandardAlloc::default(),
                    StandardAlloc::default(),
                );
                Inner::Brotli(Box::new(state))
            }
            Coding::Zstd => Inner::Zstd(None),
        };
        Self { inner, untouched: true, ended: false }
    }

    /// Whether nothing has come.
    pub(super) fn is_untouched(&self) -> bool {
        self.untouched
    }

    /// Takes the next piece; adds what comes of it to `out`, also when the rest is not decodable.
    pub(super) fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), Undecodable> {
        let Some(first) = piece.first() else { return Ok(()) };
        self.untouched = false;
        if self.ended && matches!(self.inner, Inner::Deflate(_) | Inner::Brotli(_)) {
            return Ok(());
        }
        match &mut self.inner {
            Inner::Gzip(decoder) => gunzip(decoder, piece, &mut self.ended, out),
            Inner::Deflate(state) => {
                let state = state.get_or_insert_with(|| {
                    let zlib = first & 0x0f == 8 && first >> 4 <= 7;
                    Box::new(Decompress::new(zlib))
                });
                inflate(state, piece, &mut self.ended, out)
            }
            Inner::Brotli(state) => unbrotli(state, piece, &mut self.ended, out),
            Inner::Zstd(state) => {
                let state = match state {
                    Some(state) => state,
                    None => state.insert(new_zstd().map_err(|_| Undecodable)?),
                };
                unzstd(state, piece, &mut self.ended, out)
            }
        }
    }

    /// The end: adds what is left to `out`, and tells whether it was a proper end.
    pub(super) fn finish(self, out: &mut Vec<u8>) -> bool {
        match self.inner {
            Inner::Gzip(mut decoder) => {
                let whole = self.ended || decoder.try_finish().is_ok();
                out.append(decoder.get_mut());
                whole
            }
            Inner::Deflate(_) | Inner::Brotli(_) | Inner::Zstd(_) => self.ended,
        }
    }
}

/// `ended` once something follows that is not another member.
fn gunzip(
    decoder: &mut GzDecoder<Vec<u8>>,
    mut rest: &[u8],
    ended: &mut bool,
    out: &mut Vec<u8>,
) -> Result<(), Undecodable> {
    while let Some(first) = rest.first()
        && !*ended
    {
        // What a refused step had made is lost inside: so they are small.
        match decoder.write(rest.get(..STEP).unwrap_or(rest)) {
            Ok(0) => {
                // The member is over. Its checksum is for those who look at it.
                let whole = decoder.try_finish().is_ok();
                out.append(decoder.get_mut());
                *ended = *first != MEMBER || !whole;
                *decoder = GzDecoder::new(Vec::new());
                continue;
            }
            Ok(taken) => rest = rest.get(taken..).unwrap_or_default(),
            Err(_) => return Err(Undecodable),
        }
        let flushed = decoder.flush();
        out.append(decoder.get_mut());
        flushed.map_err(|_| Undecodable)?;
    }
    Ok(())
}

fn inflate(
    state: &mut Decompress,
    mut rest: &[u8],
    ended: &mut bool,
    out: &mut Vec<u8>,
) -> Result<(), Undecodable> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let before = (state.total_in(), state.total_out());
        let status = state.decompress(rest, &mut buffer, FlushDecompress::None).map_err(|_| Undecodable)?;
        let taken = usize::try_from(state.total_in() - before.0).unwrap_or(usize::MAX);
        let made = usize::try_from(state.total_out() - before.1).unwrap_or(usize::MAX);
        out.extend_from_slice(buffer.get(..made).unwrap_or_default());
        rest = rest.get(taken..).unwrap_or_default();
        if status == Status::StreamEnd {
            *ended = true;
            return Ok(());
        }
        // A full buffer may leave more inside.
        if made < buffer.len() && (rest.is_empty() || taken == 0) {
            return if rest.is_empty() { Ok(()) } else { Err(Undecodable) };
        }
    }
}

fn unbrotli(
    state: &mut Brotli,
    piece: &[u8],
    ended: &mut bool,
    out: &mut Vec<u8>,
) -> Result<(), Undecodable> {
    let mut buffer = vec![0; 16 * 1024];
    let (mut left, mut taken, mut total) = (piece.len(), 0, 0);
    loop {
        let (mut room, mut made) = (buffer.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut taken,
            piece,
            &mut room,
            &mut made,
            &mut buffer,
            &mut total,
            state,
        );
        out.extend_from_slice(buffer.get(..made).unwrap_or_default());
        match result {
            BrotliResult::NeedsMoreInput => return Ok(()),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultSuccess => {
                *ended = true;
                return Ok(());
            }
            BrotliResult::ResultFailure => return Err(Undecodable),
        }
    }
}

fn new_zstd() -> std::io::Result<Zstd> {
    let mut state = Zstd::new()?;
    state.set_parameter(DParameter::WindowLogMax(WINDOW))?;
    Ok(state)
}

/// `ended` at the end of a frame, until another one begins.
fn unzstd(state: &mut Zstd, piece: &[u8], ended: &mut bool, out: &mut Vec<u8>) -> Result<(), Undecodable> {
    let mut buffer = vec![0; 16 * 1024];
    let mut left = InBuffer::around(piece);
    loop {
        let mut room = OutBuffer::around(buffer.as_mut_slice());
        let more = state.run(&mut left, &mut room).map_err(|_| Undecodable)?;
        let made = room.pos();
        out.extend_from_slice(buffer.get(..made).unwrap_or_default());
        *ended = more == 0;
        // A full buffer may leave more inside, but not at the end of a frame.
        if left.pos() == piece.len() && (*ended || made < buffer.len()) {
            return Ok(());
        }
    }
}

/// Puts one page together.
pub(super) struct Encoder(GzEncoder<Vec<u8>>);

impl Default for Encoder {
    fn default() -> Self {
        Self(GzEncoder::new(Vec::new(), EFFORT))
    }
}

impl Encoder {
    /// Packs `plain`; adds to `out` what comes of it.
    pub(super) fn push(&mut self, plain: &[u8], out: &mut Vec<u8>) {
        // Into memory: it cannot fail.
        drop(self.0.write_all(plain));
        out.append(self.0.get_mut());
    }

    /// Lets a browser see all that was packed so far.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) {
        drop(self.0.flush());
        out.append(self.0.get_mut());
    }

    /// The proper end.
    pub(super) fn finish(mut self, out: &mut Vec<u8>) {
        drop(self.0.try_finish());
        out.append(self.0.get_mut());
    }
}

#[cfg(test)]
mod tests;
