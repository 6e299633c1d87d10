//! One page on its way: decoded if it comes compressed, cut in two where the script goes, and compressed again.
//!
//! Each piece goes on as far as it can when it comes. Once the script is in, a page that is not compressed is handed on untouched
//! ([`Rewriter::is_idle`]).
//!
//! **Invariant:** a compressed page that breaks off breaks off for the browser as well: it gets what could be read, and no proper end.
//! Called by `inject`.

use bytes::{Bytes, BytesMut};

use super::coding::{Coding, Decoder, Encoder};
use super::place::{Looked, Place};

/// Decoded at once, so that what comes of it stays small.
const STEP: usize = 8 * 1024;

/// What comes of a compressed page means nothing from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the content coding of the page is broken")]
pub(super) struct Broken;

/// Puts the script into one page.
pub(super) struct Rewriter {
    decoder: Option<Decoder>,
    place: Option<Place>,
    element: Bytes,
    encoder: Option<Encoder>,
    broken: bool,
}

impl Rewriter {
    /// For a page that comes in `coding`, goes on in gzip if it `packs`, gets `element`, and is looked through for at most `most` bytes.
    pub(super) fn new(coding: Option<Coding>, packs: bool, element: Bytes, most: u64) -> Self {
        Self {
            decoder: coding.map(Decoder::new),
            place: Place::new(most),
            element,
            encoder: packs.then(Encoder::default),
            broken: false,
        }
    }

    /// Whether all that follows is handed on as it comes.
    pub(super) fn is_idle(&self) -> bool {
        self.decoder.is_none() && self.encoder.is_none() && self.place.is_none()
    }

    /// Takes the next piece of the page; gives what goes on now.
    pub(super) fn push(&mut self, piece: Bytes) -> Result<Bytes, Broken> {
        if self.broken {
            return Err(Broken);
        }
        let Some(mut decoder) = self.decoder.take() else { return Ok(self.placed(piece)) };
        let mut out = Vec::new();
        for step in piece.chunks(STEP) {
            let mut plain = Vec::new();
            let went_well = decoder.push(step, &mut plain).is_ok();
            self.hand_on(plain.into(), &mut out);
            if !went_well {
                self.broken = true;
                break;
            }
        }
        if let Some(encoder) = &mut self.encoder {
            encoder.flush(&mut out);
        }
        self.decoder = Some(decoder);
        Ok(out.into())
    }

    /// The end of the page: gives what is left.
    pub(super) fn finish(mut self) -> Result<Bytes, Broken> {
        if self.broken {
            return Err(Broken);
        }
        let mut out = Vec::new();
        let whole = match self.decoder.take() {
            Some(decoder) if decoder.is_untouched() => return Ok(Bytes::new()),
            Some(decoder) => {
                let mut plain = Vec::new();
                let whole = decoder.finish(&mut plain);
                self.hand_on(plain.into(), &mut out);
                whole
            }
            None => true,
        };
        if let Some(place) = self.place.take() {
            let rest = place.finish();
            if self.encoder.is_none() && out.is_empty() {
                return Ok(rest);
            }
            self.hand_on(rest, &mut out);
        }
        if let Some(mut encoder) = self.encoder.take() {
            encoder.flush(&mut out);
            if whole {
                encoder.finish(&mut out);
            }
        }
        Ok(out.into())
    }

    fn hand_on(&mut self, plain: Bytes, out: &mut Vec<u8>) {
        let placed = self.placed(plain);
        match &mut self.encoder {
            Some(encoder) => encoder.push(&placed, out),
            None => out.extend_from_slice(&placed),
        }
    }

    /// What goes on of the plain page, with the script once its place has come.
    fn placed(&mut self, piece: Bytes) -> Bytes {
        let Some(place) = &mut self.place else { return piece };
        match place.push(piece) {
            Looked::NotYet(past) => past,
            Looked::Here { before, after } => {
                self.place = None;
                joined(&[&before, &self.element, &after])
            }
            Looked::Nowhere(all) => {
                self.place = None;
                all
            }
        }
    }
}

/// All of them, one after the other.
pub(super) fn joined(parts: &[&Bytes]) -> Bytes {
    let mut all = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        all.extend_from_slice(part);
    }
    all.freeze()
}

#[cfg(test)]
mod tests;
