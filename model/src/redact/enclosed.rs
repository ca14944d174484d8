//! Values in brackets: lists of headers (`X-Api-Key:[…]`), typed values (`{"S": "…"}`), ODBC's `PWD={…}`, pairs (`auth=('ada', '…')`).

/// Longest value in brackets, in bytes.
const MOST: usize = 512;

/// Offset and length of the secret in a value that begins with a bracket. A value with brackets of its own is scanned by
/// itself.
pub(super) fn enclosed(value: &str) -> Option<(usize, usize)> {
    let closing = match value.chars().next()? {
        '{' => '}',
        '[' => ']',
        '(' => ')',
        _ => return None,
    };
    let end = value.bytes().take(MOST).position(|byte| byte == closing as u8)?;
    let content = &value[1..end];
    if content.contains(['{', '[', '(']) || matches!(content, "redacted" | "object Object" | "Object") {
        return None;
    }
    let begin = match closing {
        '}' => after_the_only_name(content)?,
        _ => 0,
    };
    let is_around = |character: char| matches!(character, ' ' | '"' | '\'' | '\\');
    let secret = content[begin..].trim_matches(is_around);
    let is_sentence = !secret.contains([',', ';', '=', '"', '\'']) && secret.split_whitespace().count() > 2;
    let leading = content[begin..].len() - content[begin..].trim_start_matches(is_around).len();
    (!secret.is_empty() && !is_sentence).then_some((1 + begin + leading, secret.len()))
}

/// Longest name of a member, in bytes. It is kept, so it must not be a secret itself.
const LONGEST_NAME: usize = 12;

/// Where the value of an object's only member begins; at its start without a member.
fn after_the_only_name(content: &str) -> Option<usize> {
    let mut signs = content.match_indices([':', '=']).map(|(at, _)| at + 1);
    match (signs.next(), content.contains(',')) {
        (Some(_), true) => None,
        (Some(at), false) => {
            let name = content[..at - 1].trim_matches([' ', '"', '\'', '\\']);
            let is_name =
                name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            is_name.then_some(at)
        }
        (None, _) => Some(0),
    }
}
