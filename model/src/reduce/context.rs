//! What the words beside an atom say about it.

use super::atoms::Atom;
use super::plain;

/// Words that say that a number is a code.
const CODES: &[&str] = &[
    "errno",
    "errnum",
    "error",
    "errorcode",
    "errorno",
    "exit",
    "exited",
    "exitcode",
    "hresult",
    "http",
    "httpcode",
    "httpstatus",
    "httpstatuscode",
    "responsecode",
    "signal",
    "sqlcode",
    "sqlstate",
    "status",
    "statuscode",
    "statuscodeof",
];
/// Words before `code` that say so.
const KINDS_OF_CODE: &[&str] = &[
    "error", "errorno", "exit", "failure", "http", "oracle", "reply", "response", "result", "return", "service",
    "signal", "smtp", "sql", "sqlstate", "status",
];
/// Verbs of an answer: `responded with 503`.
const ANSWERS: &[&str] = &["answered", "failed", "got", "received", "responded", "response", "returned", "unexpected"];
/// Words without meaning between a word and its number.
const FILLERS: &[&str] = &["a", "an", "is", "of", "the", "to", "was", "with"];
/// Words before the name of a key, a variable, a column …
const NAMES: &[&str] = &[
    "argument",
    "attribute",
    "bucket",
    "collection",
    "column",
    "constant",
    "constraint",
    "database",
    "exchange",
    "extension",
    "field",
    "fields",
    "function",
    "header",
    "index",
    "invoke",
    "key",
    "library",
    "method",
    "module",
    "named",
    "namespace",
    "option",
    "package",
    "parameter",
    "property",
    "queue",
    "reading",
    "relation",
    "role",
    "schema",
    "setting",
    "table",
    "topic",
    "variable",
];
/// Words before the name of a host.
const HOSTS: &[&str] = &[
    "eaiagain",
    "econnrefused",
    "econnreset",
    "ehostunreach",
    "enetunreach",
    "enotfound",
    "etimedout",
    "host",
    "hostname",
    "lookup",
];
/// Words before a host and its port.
const ENDPOINTS: &[&str] =
    &["address", "at", "connect", "connecting", "connection", "dial", "endpoint", "reach", "server", "tcp", "to"];
/// Phrases after the name of a key, a variable, a field …
const AFTER_NAMES: &[&[&str]] = &[
    &["is", "not", "defined"],
    &["is", "not", "a", "function"],
    &["is", "not", "a", "constructor"],
    &["is", "not", "allowed"],
    &["is", "not", "set"],
    &["is", "required"],
    &["is", "missing"],
    &["is", "null"],
    &["is", "a", "required", "property"],
    &["cannot", "be", "null"],
    &["cannot", "be", "blank"],
    &["cannot", "be", "empty"],
    &["must", "be"],
    &["must", "have"],
    &["has", "no", "attribute"],
    &["not", "set"],
];
/// The first words of HTTP's reasons: <https://www.iana.org/assignments/http-status-codes>.
const REASONS: &[&str] = &[
    "bad",
    "conflict",
    "expectation",
    "failed",
    "forbidden",
    "gateway",
    "gone",
    "internal",
    "length",
    "locked",
    "method",
    "misdirected",
    "network",
    "not",
    "payload",
    "payment",
    "precondition",
    "proxy",
    "range",
    "request",
    "service",
    "too",
    "unauthorized",
    "unprocessable",
    "unsupported",
    "upgrade",
    "uri",
];

/// The words before an atom, the nearest first, without fillers.
fn before<'a>(atoms: &'a [Atom<'a>], at: usize) -> impl Iterator<Item = (String, &'a Atom<'a>)> {
    atoms[..at]
        .iter()
        .rev()
        .take(4)
        .map(|atom| (plain(atom), atom))
        .filter(|(word, _)| !FILLERS.contains(&word.as_str()))
}

/// Whether a number is a code.
pub(super) fn is_code(atoms: &[Atom<'_>], at: usize) -> bool {
    let atom = &atoms[at];
    let digits = atom.text.trim_start_matches('-');
    if digits.is_empty() || digits.len() > 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let is_status = digits.len() == 3 && matches!(digits.as_bytes()[0], b'4' | b'5');
    let mut words = before(atoms, at);
    let Some((nearest, before_it)) = words.next() else {
        // `(1146, "Table 'app.orders' doesn't exist")`, `535 authentication failed`
        return atom.before == '(' && atom.after == ',' || is_status && atoms.len() > 1;
    };
    let farther = words.next().map(|(word, _)| word).unwrap_or_default();
    // `(pymysql.err.OperationalError) (1045, "…")`, `TransportError(503, …)`
    if (atom.before, atom.after) == ('(', ',') && (nearest.ends_with("error") || nearest.ends_with("exception")) {
        return true;
    }
    let is_labelled = matches!(before_it.after, ':' | '=' | '"');
    if CODES.contains(&nearest.as_str()) || nearest.starts_with("http/") {
        return true;
    }
    if nearest == "code" {
        return is_labelled || KINDS_OF_CODE.contains(&farther.as_str());
    }
    let in_brackets = matches!((atom.before, atom.after), ('(', ')') | ('[', ']'));
    // PHP's `SQLSTATE[HY000] [2002]`; but `+1 (415) 555-2671` is a phone number.
    if in_brackets && farther == "sqlstate" {
        return true;
    }
    let in_brackets = in_brackets && !nearest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+');
    is_status && (ANSWERS.contains(&nearest.as_str()) || in_brackets || is_reason(atoms, at))
        || is_labelled
            && nearest.ends_with("code")
            && nearest.len() <= 12
            && KINDS_OF_CODE.iter().any(|kind| nearest.starts_with(kind))
}

/// Whether HTTP's reason follows: `503 Service Unavailable`.
fn is_reason(atoms: &[Atom<'_>], at: usize) -> bool {
    atoms.get(at + 1).is_some_and(|next| {
        next.text.starts_with(|first: char| first.is_uppercase()) && REASONS.contains(&plain(next).as_str())
    })
}

/// Whether an atom is the name of a key, a variable, a column …
pub(super) fn is_name(atoms: &[Atom<'_>], at: usize) -> bool {
    let follows = |phrase: &[&str]| {
        let next = atoms.get(at + 1..at + 1 + phrase.len());
        next.is_some_and(|next| next.iter().zip(phrase).all(|(atom, word)| plain(atom) == *word))
    };
    if NAMES.contains(&plain(&atoms[at]).as_str()) {
        return false;
    }
    let words: Vec<String> = before(atoms, at).map(|(word, _)| word).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.first().is_some_and(|word| NAMES.contains(word))
        || matches!(words.as_slice(), ["name", "import", ..] | ["input", "in", "parameter", ..])
        || AFTER_NAMES.iter().any(|phrase| follows(phrase))
}

/// Whether a host follows.
pub(super) fn names_host(atoms: &[Atom<'_>], at: usize) -> bool {
    before(atoms, at).next().is_some_and(|(word, _)| HOSTS.contains(&word.as_str()))
}

/// Whether a host and a port may follow.
pub(super) fn names_endpoint(atoms: &[Atom<'_>], at: usize) -> bool {
    names_host(atoms, at) || before(atoms, at).next().is_some_and(|(word, _)| ENDPOINTS.contains(&word.as_str()))
}

/// Whether a port follows.
pub(super) fn is_port(atoms: &[Atom<'_>], at: usize) -> bool {
    before(atoms, at).next().is_some_and(|(word, _)| word == "port")
}

/// Whether an atom is the character at which a parser stopped: `Unexpected token E in JSON at position 1`.
pub(super) fn is_unexpected(atoms: &[Atom<'_>], at: usize) -> bool {
    at >= 2
        && atoms[at].text.chars().count() == 1
        && plain(&atoms[at - 1]) == "token"
        && plain(&atoms[at - 2]) == "unexpected"
}

/// Whether an atom follows a word.
pub(super) fn follows(atoms: &[Atom<'_>], at: usize, word: &str) -> bool {
    before(atoms, at).next().is_some_and(|(nearest, _)| nearest == word)
}

/// Whether a quoted atom is the value of a code in an object: `{"error":"invalid_grant"}`.
pub(super) fn is_quoted_symbol(atoms: &[Atom<'_>], at: usize) -> bool {
    const LABELS: &[&str] = &["code", "error", "errorcode", "errortype", "kind", "reason", "status", "type"];
    at > 0 && matches!(atoms[at - 1].after, ':' | '=' | '"') && LABELS.contains(&plain(&atoms[at - 1]).as_str())
}

/// Whether a symbol follows: `kind: ConnectionRefused`, `reason=THROTTLED`.
pub(super) fn is_symbol(atoms: &[Atom<'_>], at: usize) -> bool {
    const LABELS: &[&str] = &["code", "errorcode", "errortype", "kind", "reason", "status", "statuscode"];
    at > 0 && matches!(atoms[at - 1].after, ':' | '=') && LABELS.contains(&plain(&atoms[at - 1]).as_str())
}
