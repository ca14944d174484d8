//! Credentials in commands, protocols and connect strings, which no name announces.

use super::token_length;

/// Maximum distance, in bytes, between a command and the option with its password.
const MOST_BEFORE: usize = 200;

/// Longest connect string, in bytes.
const MOST_CONNECT_STRING: usize = 512;

/// The lengths of the visible start and the secret after it.
pub(super) fn credentials(text: &str, word: &str, after: &str, before: &str) -> Option<(usize, usize)> {
    sasl(word, after)
        .or_else(|| user_option(word, after))
        .or_else(|| password_option(word, after, before))
        .or_else(|| pass_phrase(word, after))
        .or_else(|| connect_string(text, word, after))
}

/// `AUTH PLAIN AGFkbWluAGh1bnRlcjI=`, as SMTP and IMAP write it; also Redis's `AUTH hunter2`.
fn sasl(word: &str, after: &str) -> Option<(usize, usize)> {
    if !matches!(word, "AUTH" | "AUTHENTICATE") {
        return None;
    }
    let mechanism = [" PLAIN ", " LOGIN ", " XOAUTH2 ", " CRAM-MD5 ", " OAUTHBEARER "];
    let mechanism = mechanism.into_iter().find(|name| after.starts_with(name))?;
    let length = token_length(&after[mechanism.len()..], super::MAX_TOKEN);
    (length > 3).then_some((word.len() + mechanism.len(), length))
}

/// `curl -u admin:hunter2`.
fn user_option(word: &str, after: &str) -> Option<(usize, usize)> {
    let sign = match word {
        "-u" | "-U" | "--user" | "--proxy-user" => after.starts_with([' ', '=']).then_some(1)?,
        _ => return None,
    };
    let given = after[sign..].trim_start_matches(['"', '\'']);
    let quotes = after.len() - sign - given.len();
    let end = given
        .find(|character: char| character.is_whitespace() || matches!(character, '"' | '\''))
        .unwrap_or(given.len());
    let (user, password) = given[..end].split_once(':')?;
    (!password.is_empty()).then_some((word.len() + sign + quotes + user.len() + 1, password.len()))
}

/// `mysql -phunter2`, `sshpass -p hunter2`, `redis-cli -a hunter2`.
fn password_option(word: &str, after: &str, before: &str) -> Option<(usize, usize)> {
    const ATTACHED: &[&str] = &["mysql", "mysqldump", "mysqladmin", "mariadb"];
    const SEPARATE: &[(&str, &[&str])] = &[
        ("-p", &["sshpass", "docker login", "az login", "mongosh", "mongo", "mongodump"]),
        ("-a", &["redis-cli"]),
        ("-P", &["sqlcmd", "bcp"]),
    ];
    if !word.starts_with('-') {
        return None;
    }
    let from = before.len().saturating_sub(MOST_BEFORE);
    let from = (from..=before.len()).find(|at| before.is_char_boundary(*at))?;
    let command = &before[from..];
    let names = |names: &[&str]| names.iter().any(|name| command.contains(name));
    if let Some(password) = word.strip_prefix("-p").filter(|password| !password.is_empty())
        && names(ATTACHED)
        && !password.starts_with(['-', 'r'])
    {
        return Some((2, password.len()));
    }
    let (option, _) = SEPARATE.iter().find(|(option, programs)| word == *option && names(programs))?;
    let value = after.strip_prefix(' ')?;
    let length = value.find(char::is_whitespace).unwrap_or(value.len());
    (length > 0 && !value.starts_with('-')).then_some((option.len() + 1, length))
}

/// OpenSSL's `pass:hunter2`.
fn pass_phrase(word: &str, after: &str) -> Option<(usize, usize)> {
    let value = after.strip_prefix(':').filter(|_| word == "pass")?;
    let length = value.find(char::is_whitespace).unwrap_or(value.len());
    (length > 0).then_some((word.len() + 1, length))
}

/// Oracle's `scott/tiger@db:1521/orders` and Go's `app:hunter2@tcp(db:3306)/orders`.
fn connect_string(text: &str, word: &str, after: &str) -> Option<(usize, usize)> {
    const MOST: usize = 128;
    let sign = after.chars().next().filter(|sign| matches!(sign, '/' | ':'))?;
    let ends = |character: char| character.is_whitespace() || matches!(character, '"' | '\'' | ',' | ';');
    // Without a limit, a long path would be read again from each of its words.
    let limit = (word.len() + 1 + MOST_CONNECT_STRING).min(text.len());
    let limit = (0..=limit).rev().find(|at| text.is_char_boundary(*at))?;
    let rest = text.get(word.len() + 1..limit)?;
    let rest = &rest[..rest.find(ends).unwrap_or(rest.len())];
    let at = rest.find('@').filter(|at| (1..=MOST).contains(at))?;
    let (password, address) = (&rest[..at], &rest[at + 1..]);
    let is_address = match sign {
        '/' => {
            !password.contains('/') && (address.starts_with("//") || address.starts_with("(DESC") || has_port(address))
        }
        _ => ["tcp(", "unix(", "cloudsql("].iter().any(|kind| address.starts_with(kind)),
    };
    (is_address && !word.contains("..")).then_some((word.len() + 1, password.len()))
}

/// Whether an address is a host and a port.
fn has_port(address: &str) -> bool {
    let Some((host, port)) = address.split_once(':') else { return false };
    let digits = port.bytes().take_while(u8::is_ascii_digit).count();
    !host.is_empty() && (2..=5).contains(&digits) && !host.contains('/')
}
