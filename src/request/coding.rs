//! Content codings of request bodies (RFC 9110 §8.4): `gzip`, `x-gzip`, `deflate` and `br`, decoded in pieces.
//!
//! Some applications ignore the coding and read the coded bytes. A JSON or XML reader finds nothing in those, but a loose reader of forms or
//! multipart may: [`Shadow`] looks for what it could find.
//!
//! **Invariant:** one coding, one member, complete, with its checksum, and nothing after it; `deflate` is zlib (RFC 1950), never raw. What
//! is decoded is at most the limit, and at most [`RATIO`] times what came, beyond [`FREE`].
//! Called by `body`; only what is read is decoded: the coded bytes are held, digested and forwarded.

use std::io::Write as _;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::write::GzDecoder;
use flate2::{Decompress, FlushDecompress, Status};

use super::refusal::Refusal;

/// The most that one byte may become.
const RATIO: u64 = 100;
/// Up to here the ratio does not matter.
const FREE: u64 = 64 * 1024;
/// Decoded at once, so that what comes of it stays small.
const STEP: usize = 512;

/// A coding that is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// `gzip` or `x-gzip`.
    Gzip,
    /// `deflate`: the zlib format.
    Deflate,
    /// `br`.
    Brotli,
}

impl Coding {
    /// From a Content-Encoding; `None` for `identity`.
    pub(super) fn of(value: &[u8]) -> Result<Option<Self>, Refusal> {
        let known: [(&[u8], Option<Self>); 5] = [
            (b"identity", None),
            (b"gzip", Some(Self::Gzip)),
            (b"x-gzip", Some(Self::Gzip)),
            (b"deflate", Some(Self::Deflate)),
            (b"br", Some(Self::Brotli)),
        ];
        let found = known.into_iter().find(|(name, _)| value.eq_ignore_ascii_case(name));
        found.map(|(_, coding)| coding).ok_or(Refusal::ContentCoding)
    }
}

type Brotli = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// Decodes one body.
pub(super) struct Decoder {
    inner: Inner,
    came: u64,
    made: u64,
    ended: bool,
    most: u64,
}

enum Inner {
    Gzip(Box<GzDecoder<Vec<u8>>>),
    Deflate(Box<Decompress>),
    Brotli(Box<Brotli>),
}

impl Decoder {
    /// At most `most` bytes are decoded.
    pub(super) fn new(coding: Coding, most: u64) -> Self {
        let inner = match coding {
            Coding::Gzip => Inner::Gzip(Box::new(GzDecoder::new(Vec::new()))),
            Coding::Deflate => Inner::Deflate(Box::new(Decompress::new(true))),
            // Strict: no window beyond 16 MiB.
            Coding::Brotli => {
                let state = Brotli::new_strict(
                    StandardAlloc::default(),
                    StandardAlloc::default(),
                    StandardAlloc::default(),
                );
                Inner::Brotli(Box::new(state))
            }
        };
        Self { inner, came: 0, made: 0, ended: false, most }
    }

    /// Takes the next piece and hands on what comes of it.
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        out: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        for step in piece.chunks(STEP) {
            self.came = self.came.saturating_add(step.len() as u64);
            let mut rest = step;
            let mut buffer = [0; 16 * 1024];
            while !rest.is_empty() {
                if self.ended {
                    return Err(Refusal::CodingData);
                }
                let (taken, made) = self.inner.decode(rest, &mut buffer, &mut self.ended)?;
                if taken == 0 && made.is_empty() && !self.ended {
                    return Err(Refusal::CodingData);
                }
                rest = rest.get(taken..).unwrap_or_default();
                self.hand_on(&made, out)?;
            }
            // What came may be taken in wholly while more than a buffer comes of it.
            while !self.ended && self.inner.may_hold_back() {
                let (_, made) = self.inner.decode(&[], &mut buffer, &mut self.ended)?;
                if made.is_empty() {
                    break;
                }
                self.hand_on(&made, out)?;
            }
        }
        Ok(())
    }

    /// The end: hands on what is left.
    pub(super) fn finish(mut self, out: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>) -> Result<(), Refusal> {
        if self.came == 0 {
            return Ok(());
        }
        let inner = std::mem::replace(&mut self.inner, Inner::Deflate(Box::new(Decompress::new(true))));
        match inner {
            Inner::Gzip(decoder) => {
                let left = decoder.finish().map_err(|_| Refusal::CodingData)?;
                self.hand_on(&left, out)
            }
            Inner::Deflate(_) | Inner::Brotli(_) if self.ended => Ok(()),
            Inner::Deflate(_) | Inner::Brotli(_) => Err(Refusal::CodingData),
        }
    }

    fn hand_on(
        &mut self,
        made: &[u8],
        out: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.made = self.made.saturating_add(made.len() as u64);
        if self.made > FREE && self.made > self.came.saturating_mul(RATIO) {
            return Err(Refusal::CodingRatio(RATIO));
        }
        if self.made > self.most {
            return Err(Refusal::TooLarge { limit: self.most });
        }
        if made.is_empty() { Ok(()) } else { out(made) }
    }
}

impl Inner {
    /// Whether output may wait inside for room; the writer of gzip hands on all at once.
    fn may_hold_back(&self) -> bool {
        match self {
            Self::Gzip(_) => false,
            Self::Deflate(_) | Self::Brotli(_) => true,
        }
    }

    /// How much was taken of `input`, and what came of it.
    fn decode(
        &mut self,
        input: &[u8],
        buffer: &mut [u8],
        ended: &mut bool,
    ) -> Result<(usize, Vec<u8>), Refusal> {
        match self {
            Self::Gzip(decoder) => {
                let taken = decoder.write(input).map_err(|_| Refusal::CodingData)?;
                if taken == 0 {
                    // Nothing is taken after the end: a second member, or bytes that mean nothing.
                    return Err(Refusal::CodingData);
                }
                Ok((taken, std::mem::take(decoder.get_mut())))
            }
            Self::Deflate(state) => {
                let before = (state.total_in(), state.total_out());
                let status = state
                    .decompress(input, buffer, FlushDecompress::None)
                    .map_err(|_| Refusal::CodingData)?;
                *ended = status == Status::StreamEnd;
                let taken = usize::try_from(state.total_in() - before.0).unwrap_or(usize::MAX);
                let made = usize::try_from(state.total_out() - before.1).unwrap_or(usize::MAX);
                Ok((taken, buffer.get(..made).unwrap_or_default().to_vec()))
            }
            Self::Brotli(state) => {
                let (mut left, mut taken, mut room, mut made, mut total) =
                    (input.len(), 0, buffer.len(), 0, 0);
                let result = BrotliDecompressStream(
                    &mut left, &mut taken, input, &mut room, &mut made, buffer, &mut total, state,
                );
                match result {
                    BrotliResult::ResultFailure => return Err(Refusal::CodingData),
                    BrotliResult::ResultSuccess => *ended = true,
                    BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
                }
                Ok((taken, buffer.get(..made).unwrap_or_default().to_vec()))
            }
        }
    }
}

#[cfg(test)]
mod tests;
