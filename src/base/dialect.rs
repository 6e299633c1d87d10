//! How one application reads what servers read in different ways, as its administrator declares it.
//!
//! **Invariant:** nothing is assumed: what is not declared ([`None`]) is read in every plausible way (`request::readings`), and a
//! policy applies if it matches under any of them. Made by `config` from `[[app]]`, used by `request` and `policy`.

/// What a server makes of an odd form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// A character like others: `%2F` is part of its segment, `;x` part of the name.
    AsData,
    /// Its special meaning: `%2F` separates, `;x` is dropped, `//` is one slash, `..` goes up.
    AsSyntax,
}

/// What is declared about one application. The default declares nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// `%2F` in a path: data, or a separator.
    pub encoded_slash: Option<Reads>,
    /// `%5C` in a path: data, or a separator. (A raw `\` is refused.)
    pub backslash: Option<Reads>,
    /// `;name=value` in a path: part of the segment, or dropped before routing.
    pub path_parameters: Option<Reads>,
    /// `//` in a path: kept, or one slash.
    pub repeated_slashes: Option<Reads>,
    /// `.` and `..` in a path: segments like others, or resolved.
    pub dot_segments: Option<Reads>,
    /// `%25` in a path: a percent sign, decoded once. Decoding twice cannot be declared.
    pub encoded_percent: Option<Reads>,
    /// `%3F` and `%23` in a path: characters like others. Cutting there cannot be declared.
    pub encoded_delimiters: Option<Reads>,
    /// Dots and blanks at the ends of a segment: part of it.
    pub segment_ends: Option<Reads>,
    /// Characters beyond ASCII that some servers replace by others: themselves.
    pub non_ascii: Option<Reads>,
    /// `;` in a query or form: data, or a separator like `&`.
    pub query_semicolon: Option<Reads>,
    /// `X-HTTP-Method-Override`, `_method` and the like: without a meaning, or the method that counts.
    pub method_override: Option<Reads>,
    /// Cookies where a field is looked up: never read there. That they are cannot be declared.
    pub cookie_fields: Option<Reads>,
    /// Whether POST, PUT and PATCH to one path are different actions.
    pub write_methods_distinct: bool,
    /// Whether GET, HEAD and OPTIONS may have a body.
    pub bodies_on_get: bool,
    /// Whether paths that differ in case are different paths.
    pub path_case_sensitive: bool,
    /// The charset of text that is not UTF-8, as the Encoding Standard names it, e.g. `windows-1252`.
    pub charset: Option<String>,
    /// Media types (lower case) whose bodies the application reads as those of another type.
    pub body_types: Vec<(String, String)>,
}
