//! Why a request is not read: one variant per reason, each with a short code and a sentence an administrator can act on.
//!
//! **Invariant:** no variant holds more of the request than a bounded, visible name; values and bodies never appear in a refusal.
//! Called by every reader of this room; the edges translate [`Refusal::problem`] to a status.

use crate::base::text::visible;

/// Which of the contract's problem types a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// `ambiguous-request` (400): servers disagree about what the request means.
    Ambiguous,
    /// `unreadable-body` (400): the body cannot be understood.
    Unreadable,
    /// `body-too-large` (413): more than the limit would have to be read.
    TooLarge,
}

/// One reason not to go on with a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    // ---- request line
    /// The method is not one of the seven, in upper case.
    #[error("the method `{0}` is not one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")]
    Method(String),
    /// Neither HTTP/1.0, 1.1 nor 2.
    #[error("the version of HTTP is not supported")]
    HttpVersion,
    /// The target is not a path, nor an absolute URL of the same host.
    #[error("the request target is not a path that begins with a slash, nor a URL of this host")]
    TargetForm,
    /// A byte outside printable ASCII, or a fragment, in the target.
    #[error("the request target holds a byte that must be percent-encoded")]
    TargetByte,
    // ---- path
    /// `\`, raw or encoded.
    #[error("the path holds a backslash, which some servers take for a slash")]
    Backslash,
    /// `%2F`.
    #[error("the path holds an encoded slash, which some servers take for a separator")]
    EncodedSlash,
    /// `%2E`.
    #[error("the path holds an encoded dot, which some servers resolve as a dot segment")]
    EncodedDot,
    /// `%3F` or `%23`.
    #[error("the path holds an encoded `?` or `#`, at which some servers cut it")]
    EncodedDelimiter,
    /// `%25`.
    #[error("the path holds an encoded percent sign, which some servers decode twice")]
    DoubleEncoding,
    /// `;`, raw or encoded.
    #[error("the path holds a semicolon, after which some servers drop the rest of the segment")]
    PathParameter,
    /// `//`.
    #[error("the path holds an empty segment, which some servers drop")]
    RepeatedSlash,
    /// `.` or `..`.
    #[error("the path holds a dot segment, which some servers resolve")]
    DotSegments,
    /// A segment that ends with a dot, or begins or ends with a blank.
    #[error("a segment of the path ends with a dot, or begins or ends with a blank, which some servers drop")]
    SegmentEnd,
    /// A control character in the path, encoded.
    #[error("the path holds a control character")]
    PathControl,
    /// A character that must not stand in a path unencoded.
    #[error("the path holds a character that must be percent-encoded")]
    PathCharacter,
    /// Decoded bytes that are not UTF-8.
    #[error("the path is not UTF-8 once decoded")]
    PathNotUtf8,
    /// A non-ASCII character with a look-alike, a case variant or a compatibility form in ASCII, or a mark.
    #[error("the path holds a character that some servers replace by another")]
    Lookalike,
    /// More readings than are looked at.
    #[error("the request target can be read in more than {0} ways")]
    TooManyReadings(usize),
    /// `%` without two hexadecimal digits, in the path, the query or a form.
    #[error("a percent sign is not followed by two hexadecimal digits")]
    BadEscape,
    // ---- host and headers
    /// No host.
    #[error("the request names no host")]
    HostMissing,
    /// The host is not a plain name with an optional port.
    #[error("the host is not a plain name with an optional port")]
    HostMalformed,
    /// Host, authority or absolute target name different hosts.
    #[error("the request names two different hosts")]
    HostDisagrees,
    /// A field that may be there once is there again.
    #[error("the header `{0}` is there more than once")]
    Repeated(&'static str),
    /// A header name that is not a token.
    #[error("a header has a name that is not a token")]
    HeaderName,
    /// A header value with a control character.
    #[error("the header `{0}` holds a control character")]
    HeaderValue(String),
    /// A name that becomes one the gateway or HTTP itself owns once `_`, `.` and the like are read as `-`.
    #[error("the header `{0}` is another spelling of one that only the gateway may set or HTTP itself uses")]
    HeaderAlias(String),
    /// A header, query or body field that asks for another method.
    #[error("`{0}` asks for another method than that of the request line")]
    MethodOverride(String),
    // ---- framing
    /// Content-Length and Transfer-Encoding together.
    #[error("the request has both Content-Length and Transfer-Encoding")]
    LengthAndEncoding,
    /// A Content-Length that is not a plain number.
    #[error("the Content-Length is not a plain number")]
    ContentLength,
    /// A transfer coding other than `chunked`, or one in HTTP/1.0 or HTTP/2.
    #[error("the Transfer-Encoding is not exactly `chunked`")]
    TransferCoding,
    /// A Connection option beyond keep-alive, close, upgrade and te.
    #[error("the Connection header names something other than keep-alive, close, upgrade or te")]
    ConnectionOption,
    /// Trailers are announced.
    #[error("the request announces trailers")]
    Trailers,
    /// An upgrade that is not a plain WebSocket request.
    #[error("the upgrade is not a GET for a WebSocket without a body")]
    Upgrade,
    /// A body where there should be none.
    #[error("a GET, HEAD or OPTIONS request has a body, which some servers take for the next request")]
    UnexpectedBody,
    /// An expectation other than `100-continue`.
    #[error("the Expect header is not `100-continue`")]
    Expectation,
    // ---- content
    /// A Content-Type that cannot be parsed, or with contradictory parameters.
    #[error("the Content-Type cannot be read in one way only")]
    ContentType,
    /// A Content-Encoding other than one of `gzip`, `deflate`, `br`.
    #[error("the body's Content-Encoding is not one of gzip, deflate and br, or there is more than one")]
    ContentCoding,
    /// Not what the Content-Encoding says: damaged, cut short, or with something after it.
    #[error("the body is not what its Content-Encoding says")]
    CodingData,
    /// More than this many times what was sent.
    #[error("the body unpacks to more than {0} times its size")]
    CodingRatio(u64),
    /// A charset that is not read, or bytes that mean different text in the stated and the declared one.
    #[error("the body's charset is not one that can be read in one way only")]
    Charset,
    /// No boundary, or not a plain one.
    #[error("the multipart boundary is missing or not a plain token")]
    Boundary,
    /// A body without a Content-Type, or with one that is not understood.
    #[error("the body's type `{0}` is not one that can be read")]
    UnknownContent(String),
    /// More than the limit, in bytes.
    #[error("the body has more than {limit} bytes to read")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    // ---- fields
    /// Text that is not UTF-8.
    #[error("a field is not UTF-8")]
    NotUtf8,
    /// A field's name holds an invisible character, or a value a NUL.
    #[error("a field holds an invisible character in its name, or a NUL")]
    FieldControl,
    /// A character that encoders of forms and queries never leave raw; a `;` some servers take for a separator.
    #[error("a form or query holds a character that must be percent-encoded")]
    FieldCharacter,
    /// `%26` or `%3B` in a query that some servers decode before they split it.
    #[error("the query holds an encoded separator, at which some servers split it")]
    EncodedSeparator,
    /// More fields, parts or members than the limit.
    #[error("there are more than {0} fields")]
    TooManyFields(usize),
    /// A name longer than the limit.
    #[error("a field's name is longer than {0} bytes")]
    NameTooLong(usize),
    // ---- JSON
    /// Not one JSON text of RFC 8259.
    #[error("the body is not one JSON text: {0}")]
    Json(String),
    /// The same member twice, also when they differ in case only.
    #[error("the JSON member `{0}` is there more than once")]
    JsonRepeated(String),
    /// Nested deeper than the limit.
    #[error("the JSON is nested deeper than {0} levels")]
    JsonDepth(usize),
    // ---- multipart
    /// Delimiters that are missing, not on lines of their own, or text before the first or after the last.
    #[error("the multipart body is not framed by its boundary as RFC 2046 §5.1 says")]
    MultipartFraming,
    /// A part's header that is folded, unknown, repeated or too long.
    #[error("a part of the multipart body has a header that cannot be read in one way only")]
    PartHeader,
    /// A part's Content-Disposition other than `form-data` with one `name` and at most one `filename`.
    #[error("a part of the multipart body has a Content-Disposition that cannot be read in one way only")]
    PartDisposition,
    /// A part that holds parts.
    #[error("the multipart body holds another multipart body")]
    NestedMultipart,
    // ---- XML
    /// Not well-formed, or with something that is read in different ways; what it is.
    #[error("the XML cannot be read in one way only: {0}")]
    Xml(&'static str),
    /// Nested deeper than the limit.
    #[error("the XML is nested deeper than {0} levels")]
    XmlDepth(usize),
    // ---- calls
    /// GraphQL that cannot be read completely; what is wrong with it.
    #[error("the GraphQL request cannot be read: {0}")]
    Graphql(&'static str),
    /// JSON-RPC that cannot be read completely; what is wrong with it.
    #[error("the JSON-RPC request cannot be read: {0}")]
    Rpc(&'static str),
}

impl Refusal {
    /// A short stable code, e.g. `dot-segments`.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Method(_) => "method",
            Self::HttpVersion => "http-version",
            Self::TargetForm => "target-form",
            Self::TargetByte => "target-byte",
            Self::Backslash => "backslash",
            Self::EncodedSlash => "encoded-slash",
            Self::EncodedDot => "encoded-dot",
            Self::EncodedDelimiter => "encoded-delimiter",
            Self::DoubleEncoding => "double-encoding",
            Self::PathParameter => "path-parameter",
            Self::RepeatedSlash => "repeated-slash",
            Self::DotSegments => "dot-segments",
            Self::SegmentEnd => "segment-end",
            Self::PathControl => "path-control",
            Self::PathCharacter => "path-character",
            Self::PathNotUtf8 => "path-not-utf8",
            Self::Lookalike => "lookalike-character",
            Self::TooManyReadings(_) => "too-many-readings",
            Self::BadEscape => "bad-escape",
            Self::HostMissing => "host-missing",
            Self::HostMalformed => "host-malformed",
            Self::HostDisagrees => "host-disagrees",
            Self::Repeated(_) => "repeated-header",
            Self::HeaderName => "header-name",
            Self::HeaderValue(_) => "header-value",
            Self::HeaderAlias(_) => "header-alias",
            Self::MethodOverride(_) => "method-override",
            Self::LengthAndEncoding => "length-and-encoding",
            Self::ContentLength => "content-length",
            Self::TransferCoding => "transfer-coding",
            Self::ConnectionOption => "connection-option",
            Self::Trailers => "trailers",
            Self::Upgrade => "upgrade",
            Self::UnexpectedBody => "unexpected-body",
            Self::Expectation => "expectation",
            Self::ContentType => "content-type",
            Self::ContentCoding => "content-encoding",
            Self::CodingData => "coding-data",
            Self::CodingRatio(_) => "coding-ratio",
            Self::Charset => "charset",
            Self::Boundary => "boundary",
            Self::UnknownContent(_) => "unknown-content",
            Self::TooLarge { .. } => "too-large",
            Self::NotUtf8 => "not-utf8",
            Self::FieldControl => "field-control",
            Self::FieldCharacter => "field-character",
            Self::EncodedSeparator => "encoded-separator",
            Self::TooManyFields(_) => "too-many-fields",
            Self::NameTooLong(_) => "name-too-long",
            Self::Json(_) => "json",
            Self::JsonRepeated(_) => "json-repeated-member",
            Self::JsonDepth(_) => "json-depth",
            Self::MultipartFraming => "multipart-framing",
            Self::PartHeader => "part-header",
            Self::PartDisposition => "part-disposition",
            Self::NestedMultipart => "nested-multipart",
            Self::Xml(_) => "xml",
            Self::XmlDepth(_) => "xml-depth",
            Self::Graphql(_) => "graphql",
            Self::Rpc(_) => "json-rpc",
        }
    }

    /// The key under `[[app]]` by which an administrator can declare how the application reads such a form.
    pub const fn declared_by(&self) -> Option<&'static str> {
        match self {
            Self::Backslash => Some("encoded_backslash"),
            Self::EncodedSlash => Some("encoded_slash"),
            Self::EncodedDot | Self::DotSegments => Some("dot_segments"),
            Self::EncodedDelimiter => Some("encoded_delimiters"),
            Self::DoubleEncoding => Some("encoded_percent"),
            Self::PathParameter => Some("path_parameters"),
            Self::RepeatedSlash => Some("repeated_slashes"),
            Self::SegmentEnd => Some("segment_ends"),
            Self::Lookalike => Some("non_ascii"),
            Self::MethodOverride(_) => Some("method_override"),
            Self::UnexpectedBody => Some("bodies_on_get"),
            Self::FieldCharacter => Some("query_semicolon"),
            _ => None,
        }
    }

    /// The problem type of the contract under which it is reported.
    pub const fn problem(&self) -> Problem {
        match self {
            Self::TooLarge { .. } => Problem::TooLarge,
            Self::ContentType
            | Self::ContentCoding
            | Self::CodingData
            | Self::CodingRatio(_)
            | Self::Charset
            | Self::Boundary
            | Self::UnknownContent(_)
            | Self::NotUtf8
            | Self::FieldControl
            | Self::FieldCharacter
            | Self::TooManyFields(_)
            | Self::NameTooLong(_)
            | Self::Json(_)
            | Self::JsonRepeated(_)
            | Self::JsonDepth(_)
            | Self::MultipartFraming
            | Self::PartHeader
            | Self::PartDisposition
            | Self::NestedMultipart
            | Self::Xml(_)
            | Self::XmlDepth(_)
            | Self::Graphql(_)
            | Self::Rpc(_) => Problem::Unreadable,
            Self::Method(_)
            | Self::HttpVersion
            | Self::TargetForm
            | Self::TargetByte
            | Self::Backslash
            | Self::EncodedSlash
            | Self::EncodedDot
            | Self::EncodedDelimiter
            | Self::DoubleEncoding
            | Self::PathParameter
            | Self::RepeatedSlash
            | Self::DotSegments
            | Self::SegmentEnd
            | Self::PathControl
            | Self::PathCharacter
            | Self::PathNotUtf8
            | Self::Lookalike
            | Self::TooManyReadings(_)
            | Self::BadEscape
            | Self::HostMissing
            | Self::HostMalformed
            | Self::HostDisagrees
            | Self::Repeated(_)
            | Self::HeaderName
            | Self::HeaderValue(_)
            | Self::HeaderAlias(_)
            | Self::MethodOverride(_)
            | Self::LengthAndEncoding
            | Self::ContentLength
            | Self::TransferCoding
            | Self::ConnectionOption
            | Self::Trailers
            | Self::Upgrade
            | Self::UnexpectedBody
            | Self::EncodedSeparator
            | Self::Expectation => Problem::Ambiguous,
        }
    }

    /// A name from the request as a refusal may carry it: visible, at most 60 characters.
    pub(super) fn named(raw: &[u8]) -> String {
        visible(&String::from_utf8_lossy(raw), 60)
    }
}
