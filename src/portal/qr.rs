//! QR codes for pages: one path of an SVG, dark on light in either colour scheme, with its quiet zone.

use qrcode::{Color, EcLevel, QrCode};

/// The quiet zone, in modules (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

/// A drawn code.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    /// Modules along one side, the quiet zone included.
    pub(super) side: usize,
    /// The dark modules, as the data of a path.
    pub(super) path: String,
}

/// The text as a QR code; `None` when it is too long for one.
pub(super) fn draw(text: &str) -> Option<Drawing> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (index, colour) in code.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            let (x, y) = (index % width + QUIET, index / width + QUIET);
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    Some(Drawing { side: width + 2 * QUIET, path })
}
