//! What an atom means for the fingerprint.

use super::atoms::{Atom, Within};
use super::{context, host, id, status};
use crate::arn::Arn;

/// What an atom means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It tells faults apart.
    Mark(String),
    /// It is a word of the message.
    Word(String),
    /// It differs between occurrences of one fault.
    Varies(&'static str),
}
use Meaning::{Mark, Varies, Word};

/// Longest name of a key or a code.
const LONGEST_NAME: usize = 60;
/// Prefixes of the codes of databases, compilers and directories: `ORA-12541`, `SQLSTATE42S02`, `AADSTS50034`.
const PREFIXES: &[&str] = &[
    "AADSTS", "DPI", "DPY", "E", "ERR", "ERROR", "HTTP", "HY", "IMC", "NJS", "ORA", "PG", "PLS", "SP2", "SQL",
    "SQLCODE", "SQLSTATE", "TNS", "WSREP",
];

/// What the atom at a position means.
pub(super) fn meaning(atoms: &[Atom<'_>], at: usize) -> Meaning {
    let atom = &atoms[at];
    if let Some(varies) = varies(atom) {
        return varies;
    }
    if let Some(mark) = endpoint(atoms, at).or_else(|| code(atoms, at)) {
        return mark;
    }
    match atom.within {
        Within::Quotes if is_name(atoms, at) => Mark(without_arguments(atom.text).to_owned()),
        Within::Quotes | Within::Sentence => Varies("<value>"),
        Within::Text => word(atoms, at),
    }
}

/// Whether a quoted text is the name of something in the program or the database, or a symbolic code.
fn is_name(atoms: &[Atom<'_>], at: usize) -> bool {
    let text = atoms[at].text;
    let name = without_arguments(text);
    is_identifier(name) && (context::is_name(atoms, at) || is_upper_snake(name))
        || is_form_of_identifier(text) && context::follows(atoms, at, "constraint")
        || is_snake(text) && context::is_quoted_symbol(atoms, at)
}

/// `com.acme.Order.getTotal` of `com.acme.Order.getTotal(17)`.
fn without_arguments(text: &str) -> &str {
    text.split('(').next().unwrap_or(text)
}

/// Addresses of people, and files.
fn varies(atom: &Atom<'_>) -> Option<Meaning> {
    let text = atom.text;
    let is_email =
        text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !name.contains('/'));
    if is_email && !text.contains("://") {
        return Some(Varies("<email>"));
    }
    let is_path = text.starts_with("/tmp/") || text.starts_with("/var/tmp/");
    (!text.contains("://") && (is_path || host::is_file(text))).then_some(Varies("<file>"))
}

/// Hosts, ports, resources.
pub(super) fn endpoint(atoms: &[Atom<'_>], at: usize) -> Option<Meaning> {
    let text = atoms[at].text;
    if text.contains("://") {
        return host::of_url(text).map(Mark);
    }
    if let Some(address) = host::of_address(text) {
        return Some(if address == "#" { Varies("#") } else { Mark(address) });
    }
    if let Some(name) = host::of_name(text) {
        return Some(Mark(name));
    }
    if let Some(arn) = Arn::parse(text) {
        return Some(Mark(resource(&arn)));
    }
    if context::is_port(atoms, at) && text.parse::<u16>().is_ok() {
        return host::of_address(&format!("0.0.0.0:{text}")).map(Mark);
    }
    let is_named =
        context::names_host(atoms, at) && host::is_label(text) && !text.bytes().all(|byte| byte.is_ascii_digit());
    if is_named {
        return Some(Mark(host::named(text)));
    }
    (text.starts_with("localhost:") || host::has_known_port(text) || context::names_endpoint(atoms, at))
        .then(|| host::of_name_and_port(text).map(Mark))?
}

/// The service and the resource of an ARN, without ids.
fn resource(arn: &Arn<'_>) -> String {
    // Names of secrets and parameters are paths.
    let levels = if matches!(arn.service, "secretsmanager" | "ssm") { 8 } else { 2 };
    let parts: Vec<&str> = arn.resource.split(['/', ':']).take(levels).collect();
    let name =
        if arn.service == "s3" { parts.first().copied().unwrap_or_default().to_owned() } else { parts.join("/") };
    format!("{}:{}", arn.service, id::without_ids(&name))
}

/// Codes: numbers by their context, symbols by their form.
fn code(atoms: &[Atom<'_>], at: usize) -> Option<Meaning> {
    let Atom { text, within, .. } = atoms[at];
    if context::is_code(atoms, at) || status::is_status(atoms, at) {
        return Some(Mark(text.to_owned()));
    }
    if is_prefixed_code(text) || is_error_symbol(text) || is_action(text) {
        return Some(Mark(text.to_owned()));
    }
    let is_symbol = is_upper_snake(text) || is_camel(text) || context::is_symbol(atoms, at) && is_identifier(text);
    let is_known = within == Within::Text && is_symbol && !id::holds_id(text) && !text.bytes().any(|byte| byte == b'/');
    is_known.then(|| Mark(without_position(text)))
}

/// A word, without numbers and ids. A name after `column` is a mark.
fn word(atoms: &[Atom<'_>], at: usize) -> Meaning {
    let text = atoms[at].text;
    if context::is_unexpected(atoms, at) {
        return Varies("<value>");
    }
    if matches!(text, "true" | "false" | "True" | "False") {
        return Varies("#");
    }
    if let Some((name, value)) = text.split_once(':')
        && !name.is_empty()
        && !value.is_empty()
    {
        // `code:401`, which no white space divides.
        let pair = [name, value].map(|text| Atom { text, before: ' ', after: ':', within: Within::Text });
        if context::is_code(&pair, 1) {
            return Mark(value.to_owned());
        }
    }
    let is_name = context::is_name(atoms, at) && is_identifier(text);
    if is_name {
        return Mark(id::without_ids(text));
    }
    match id::without_ids(text) {
        word if word == "#" => Varies("#"),
        word => Word(word),
    }
}

/// A name in a program: letters, digits, `_`, `.`, `-`, without an id.
fn is_identifier(text: &str) -> bool {
    is_form_of_identifier(text) && !id::holds_id(text)
}

fn is_form_of_identifier(text: &str) -> bool {
    let begins = text.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | '$' | '@'));
    let continues =
        |character: char| character.is_alphanumeric() || matches!(character, '_' | '.' | '-' | '$' | '@' | '/' | ':');
    // Ruby's and Rust's `Billing::Tax`; a single colon divides a name and a value.
    let has_value = text.replace("::", "").contains(':');
    begins && !has_value && text.chars().count() <= LONGEST_NAME && text.chars().all(continues)
}

/// `invalid_grant`.
fn is_snake(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    text.contains('_') && text.len() <= LONGEST_NAME && text.bytes().all(is_letter)
}

/// `ENOTFOUND`, `ER_DUP_ENTRY`, `DB_HOST`.
fn is_upper_snake(text: &str) -> bool {
    let is_upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() >= 4
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(is_upper)
        && text.contains('_')
        && digits <= 3
        && !id::holds_id(text)
}

/// `ECONNREFUSED` and its like, as systems name their errors.
fn is_error_symbol(text: &str) -> bool {
    text.len() >= 5
        && text.len() <= 24
        && text.starts_with('E')
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        && !matches!(text, "ERROR" | "ERRORS" | "EVENT" | "EMPTY" | "EXPIRED" | "ENABLED")
}

/// `ORA-12541`, `E11000`, `SQLSTATE42S02`.
fn is_prefixed_code(text: &str) -> bool {
    let digits = text.bytes().position(|byte| byte.is_ascii_digit()).unwrap_or(text.len());
    let (prefix, number) = text.split_at(digits);
    let is_known = PREFIXES.contains(&prefix.trim_end_matches(['-', '_']));
    // Prisma's codes: P1000 to P6999.
    let is_prisma = prefix == "P" && number.len() == 4;
    is_known && (2..=6).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
        || is_prisma && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// `dynamodb:PutItem`.
fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, action)| {
        let is_service = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        service.len() >= 2
            && service.bytes().all(is_service)
            && action.len() >= 3
            && action.starts_with(|first: char| first.is_ascii_uppercase())
            && action.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'*')
    })
}

/// `ResourceNotFoundException`, `java.lang.IllegalStateException`, `sessionToken`.
fn is_camel(text: &str) -> bool {
    let is_humped = |name: &str| {
        let letters: Vec<char> = name.chars().collect();
        letters.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
    };
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '$' | ':');
    text.len() >= 6
        && text.chars().all(is_name)
        && text.bytes().filter(u8::is_ascii_digit).count() <= 2
        && text.split(['.', ':']).any(is_humped)
}

/// A name without a number after it: `Orders.java:31`.
fn without_position(text: &str) -> String {
    match text.rsplit_once(':') {
        Some((name, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => format!("{name}:#"),
        _ => text.to_owned(),
    }
}
