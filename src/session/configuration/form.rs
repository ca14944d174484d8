//! The format a setting must have for the SDK to work with it.

use std::path::Path;

use http::Uri;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `true` or `false`, in any case.
    Boolean,
    /// A whole number within bounds.
    Number { from: u32, to: u32 },
    /// One of these words, in any case.
    Word(&'static [&'static str]),
    /// `http://` or `https://` and a host.
    Url,
    /// A path on a host: begins with a slash.
    Path,
    /// A header value: visible ASCII, no space.
    Token,
    /// A readable file with a certificate.
    Certificates,
    /// Colon-separated folders of such files.
    CertificateFolders,
}

impl Form {
    /// Whether the SDK can work with this value.
    pub(super) fn fits(self, value: &str) -> bool {
        match self {
            Self::Boolean => Self::Word(&["true", "false"]).fits(value),
            Self::Number { from, to } => value.parse().is_ok_and(|number: u32| (from..=to).contains(&number)),
            Self::Word(words) => words.iter().any(|word| word.eq_ignore_ascii_case(value)),
            Self::Url => is_url(value),
            Self::Path => value.starts_with('/') && value.parse::<http::uri::PathAndQuery>().is_ok(),
            Self::Token => is_token(value),
            Self::Certificates => holds_certificate(Path::new(value)),
            Self::CertificateFolders => std::env::split_paths(value).any(|folder| has_certificate(&folder)),
        }
    }

    /// Whether an empty value counts as unset. Readers of certificates take it for a file name.
    pub(super) fn may_be_empty(self) -> bool {
        !matches!(self, Self::Certificates | Self::CertificateFolders)
    }

    /// What the value must be, as it follows "must be".
    pub(super) fn wanted(self) -> String {
        match self {
            Self::Boolean => "true or false".to_owned(),
            Self::Number { from, to: u32::MAX } => format!("a whole number from {from}"),
            Self::Number { from, to } => format!("a whole number from {from} to {to}"),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Url => "a URL such as https://vpce.example.com or http://127.0.0.1:4566".to_owned(),
            Self::Path => "a path that begins with /".to_owned(),
            Self::Token => "one line of visible ASCII characters without a space".to_owned(),
            Self::Certificates => "a readable file of PEM certificates".to_owned(),
            Self::CertificateFolders => "a folder with readable files of PEM certificates".to_owned(),
        }
    }
}

/// Whether a request can be sent there: the SDK panics if there is no host.
pub(super) fn is_url(value: &str) -> bool {
    let Ok(uri) = value.parse::<Uri>() else { return false };
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    is_http && uri.host().is_some_and(|host| !host.is_empty())
}

/// Whether a header can hold it: the SDK panics if not.
pub(super) fn is_token(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|character| character.is_ascii_graphic())
}

fn holds_certificate(file: &Path) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    std::fs::read(file).is_ok_and(|text| text.windows(BEGIN.len()).any(|window| window == BEGIN))
}

fn has_certificate(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|files| files.flatten().any(|file| holds_certificate(&file.path())))
}
