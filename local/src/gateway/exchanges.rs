//! The exchange journal of this project's tests: requests and answers as they were on the wire. `tests/conformance` holds
//! them against AWS's own models.
//!
//! Written only where [`VARIABLE`] is set. The suite makes far more exchanges than differ, so a gateway keeps an exchange
//! only if no earlier one of its operation and status consisted of the same words. Long bodies are left out.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use serde::{Serialize, Serializer};

use super::request::Request;
use super::route;
use super::signature::Scope;
use super::{GatewayError, Reply};

/// Names the folder of the journals; unset, none is written.
const VARIABLE: &str = "INCIDENTCTL_TEST_EXCHANGES";
/// Exchanges kept of one operation and status.
const KEPT: usize = 400;
/// Length of the longest body that is kept, in bytes. Only packages of functions are longer, and tests have small ones.
const LONGEST: usize = 1024 * 1024;
/// Stands for numbers, which fit or break a range by their magnitude; the longest are instants.
const DIGITS: &[u8] = b"00000";
/// Headers that would hand on a credential. The signature's scope is kept by itself.
const SECRET_HEADERS: [&str; 2] = ["authorization", "x-amz-security-token"];

/// The journal of one gateway.
pub(super) struct Exchanges {
    journal: Mutex<Journal>,
}

struct Journal {
    file: File,
    seen: HashMap<Kind, HashSet<u64>>,
}

/// Service, operation and status.
type Kind = (String, String, Option<u16>);

/// Marks an error that a fault rule words: the test's answer, not the local AWS's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Injected;

/// An exchange, as a line of the journal.
#[derive(Serialize)]
pub(super) struct Exchange {
    method: String,
    target: String,
    /// Signing name and region of the signature; none when unsigned.
    signed_for: Option<(String, String)>,
    headers: Vec<(String, String)>,
    #[serde(serialize_with = "base64")]
    body: Bytes,
    /// Null when the connection was dropped.
    status: Option<u16>,
    answer_headers: Vec<(String, String)>,
    #[serde(serialize_with = "base64")]
    answer: Bytes,
    /// Whether a fault rule worded the answer.
    injected: bool,
    #[serde(skip)]
    operation: String,
}

impl Exchanges {
    /// Opens the journal of a gateway, if the environment asks for one.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub(super) fn from_environment(instance: &str) -> Result<Option<Self>, GatewayError> {
        let Some(folder) = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) else { return Ok(None) };
        let path = PathBuf::from(folder).join(format!("{instance}.jsonl"));
        let file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(&path);
        let file = file.map_err(|source| GatewayError::Journal { path, source })?;
        Ok(Some(Self { journal: Mutex::new(Journal { file, seen: HashMap::new() }) }))
    }

    /// Adds an answered or dropped exchange, unless one like it is there.
    pub(super) fn add(&self, mut exchange: Exchange, reply: Option<&Reply>) {
        exchange.end(reply);
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if journal.is_new(&exchange)
            && let Err(error) = journal.write(&exchange)
        {
            tracing::error!(%error, "cannot write to the exchange journal");
        }
    }
}

impl Journal {
    fn is_new(&mut self, exchange: &Exchange) -> bool {
        if exchange.bodies().any(|body| body.len() > LONGEST) {
            return false;
        }
        let service = exchange.signed_for.as_ref().map(|(service, _)| service.clone()).unwrap_or_default();
        let seen = self.seen.entry((service, exchange.operation.clone(), exchange.status)).or_default();
        seen.len() < KEPT && seen.insert(exchange.words())
    }

    fn write(&mut self, exchange: &Exchange) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(exchange)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

impl Exchange {
    /// An exchange of which the request is known.
    pub(super) fn of(request: &Request, scope: Option<&Scope>) -> Self {
        let target = match request.query.as_str() {
            "" => request.path.clone(),
            query => format!("{}?{}", request.path, without_credentials(query)),
        };
        // S3 stores a body as it was sent.
        let body = if scope.is_some_and(|scope| scope.service == "s3") { &request.sent_body } else { &request.body };
        Self {
            method: request.method.to_string(),
            target,
            signed_for: scope.map(|scope| (scope.service.clone(), scope.region.clone())),
            headers: texts(&request.headers),
            body: body.clone(),
            status: None,
            answer_headers: Vec::new(),
            answer: Bytes::new(),
            injected: false,
            operation: route::find(request, scope).map(|route| route.operation).unwrap_or_default(),
        }
    }

    fn end(&mut self, reply: Option<&Reply>) {
        let Some(reply) = reply else { return };
        self.status = Some(reply.status().as_u16());
        self.answer_headers = texts(reply.headers());
        self.answer = reply.body().clone();
        self.injected = reply.extensions().get::<Injected>().is_some();
    }

    fn bodies(&self) -> impl Iterator<Item = &Bytes> {
        [&self.body, &self.answer].into_iter()
    }

    /// A number that exchanges of one client with the same words share, whatever their order, numbers and identifiers.
    fn words(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let clients = self.headers.iter().filter(|(name, _)| name.ends_with("user-agent"));
        clients.for_each(|(_, client)| client.hash(&mut hasher));
        for body in self.bodies() {
            words(body).hash(&mut hasher);
        }
        hasher.finish()
    }
}

fn base64<S: Serializer>(body: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64_STANDARD.encode(body))
}

/// The words of a text: of numbers only the length counts, up to [`DIGITS`], and of identifiers only that there are some.
fn words(text: &[u8]) -> BTreeSet<&[u8]> {
    let words = text.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(kind).collect()
}

fn kind(word: &[u8]) -> &[u8] {
    match word.iter().filter(|byte| byte.is_ascii_digit()).count() {
        0 => word,
        digits if digits == word.len() => &DIGITS[..digits.min(DIGITS.len())],
        _ => &[],
    }
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let public = headers.iter().filter(|(name, _)| !SECRET_HEADERS.contains(&name.as_str()));
    public.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

/// A query string without the parameters of a presigned request.
fn without_credentials(query: &str) -> String {
    query.split('&').filter(|pair| !pair.starts_with("X-Amz-")).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanges_differ_by_their_words() {
        let alike = [r#"{"Id":"7f-1","Status":"Active"}"#, r#"{"Status":"Active","Id":"8e-2"}"#];
        assert_eq!(words(alike[0].as_bytes()), words(alike[1].as_bytes()));
        for other in [
            r#"{"Id":"7f-1","Status":"Failed"}"#,
            r#"{"Id":"7f-1000","Status":"Active"}"#,
            r#"{"Id":"7f-1"}"#,
            r#"{"Status":"Active"}"#,
        ] {
            assert_ne!(words(alike[0].as_bytes()), words(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_journal_holds_no_credential() {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "x-amz-security-token", "x-amz-target"] {
            headers.insert(name, http::HeaderValue::from_static("value"));
        }
        assert_eq!(texts(&headers), [("x-amz-target".to_owned(), "value".to_owned())]);
        assert_eq!(without_credentials("X-Amz-Signature=ab&prefix=c"), "prefix=c");
    }
}
