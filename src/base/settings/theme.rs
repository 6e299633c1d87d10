//! What a tenant's prompts and account look like: a name, a logo and one colour.
//!
//! **Invariant:** whatever colour is given, text on it and in it is readable on the papers of the portal's stylesheet, in light and dark
//! (`every_colour_becomes_readable` below).

use std::fmt;

use super::super::colour::Colour;
use super::Title;

/// What is behind and beside the accent in the portal's stylesheet: the light papers and white, the dark papers.
const LIGHT: [Colour; 4] = [
    Colour::WHITE,
    Colour::new(0xff, 0xfd, 0xf7),
    Colour::new(0xf5, 0xf0, 0xe2),
    Colour::new(0xe8, 0xe3, 0xd6),
];
const DARK: [Colour; 4] = [
    Colour::new(0x10, 0x16, 0x1c),
    Colour::new(0x1b, 0x23, 0x2c),
    Colour::new(0x22, 0x2c, 0x36),
    Colour::new(0x0a, 0x0f, 0x14),
];

/// The theme of a tenant; as it comes, the portal's own.
#[derive(Clone, Debug, Default)]
pub struct Theme {
    /// Whose portal it is, in words.
    pub name: Title,
    /// Its picture.
    pub logo: Option<Logo>,
    /// Its colour.
    pub accent: Option<Colour>,
}

/// A picture, checked.
#[derive(Clone)]
pub struct Logo {
    /// Its media type: `image/png` or `image/svg+xml`.
    pub kind: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logo({}, {} bytes)", self.kind, self.bytes.len())
    }
}

impl Theme {
    /// The accent as it is used on light paper: darker than it was given where white text, or it as text, could not be read.
    pub fn light(accent: Colour) -> Colour {
        accent.readable(Colour::BLACK, &LIGHT)
    }

    /// The accent on dark paper: lighter.
    pub fn dark(accent: Colour) -> Colour {
        accent.readable(Colour::WHITE, &DARK)
    }

    /// The stylesheet that lays the accent over the portal's own colours; empty without one.
    pub fn stylesheet(&self) -> String {
        let Some(accent) = self.accent else { return String::new() };
        let (light, dark) = (Self::light(accent), Self::dark(accent));
        let rule = |go: Colour, deep: Colour, on: Colour| {
            format!(":root {{ --go: {go}; --go-deep: {deep}; --on-go: {on}; }}")
        };
        let [.., ink] = DARK;
        let (day, night) = (
            rule(light, light.mixed(Colour::BLACK, 1, 4), Colour::WHITE),
            rule(dark, dark.mixed(Colour::WHITE, 1, 3), ink),
        );
        format!("{day}\n@media (prefers-color-scheme: dark) {{ {night} }}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::colour::READABLE;
    use super::*;

    #[test]
    fn every_colour_becomes_readable() {
        for number in (0..=0xff_ffffu32).step_by(4099) {
            let [_, red, green, blue] = number.to_be_bytes();
            let accent = Colour::new(red, green, blue);
            let (light, dark) = (Theme::light(accent), Theme::dark(accent));
            let deep = (light.mixed(Colour::BLACK, 1, 4), dark.mixed(Colour::WHITE, 1, 3));
            assert!(LIGHT.iter().all(|paper| light.contrast(*paper) >= READABLE), "{accent}: {light}");
            assert!(DARK.iter().all(|paper| dark.contrast(*paper) >= READABLE), "{accent}: {dark}");
            assert!(deep.0.contrast(Colour::WHITE) >= READABLE && deep.1.contrast(DARK[3]) >= READABLE);
        }
    }

    #[test]
    fn the_papers_are_those_of_the_stylesheet() {
        let style = include_str!("../../../templates/portal/style.css");
        for paper in LIGHT.iter().skip(1).chain(DARK.iter().take(3)) {
            assert!(style.contains(&format!(": {paper};")), "{paper}");
        }
    }

    #[test]
    fn without_an_accent_nothing_changes() {
        assert_eq!(Theme::default().stylesheet(), "");
        let theme = Theme { accent: Some(Colour::new(0, 0xaa, 0x55)), ..Theme::default() };
        let style = theme.stylesheet();
        assert!(style.contains("--go: #") && style.contains("prefers-color-scheme: dark"), "{style}");
    }
}
