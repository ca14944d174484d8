//! Takes out of a message what differs between two occurrences of one failure: ids, numbers, addresses, times, hex,
//! quoted values. One pass over the text.

/// At most this much of the first line counts.
const MAX_CHARACTERS: usize = 500;

/// The first line of a message with everything variable replaced: `<url>`, `<email>`, `<value>` for what was quoted,
/// `#` for numbers and ids.
pub fn normalise(message: &str) -> String {
    let line: String = message.trim().lines().next().unwrap_or_default().chars().take(MAX_CHARACTERS).collect();
    let line = without_quoted(&line);
    let mut normal = String::with_capacity(line.len());
    for word in line.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        word_into(word, &mut normal);
    }
    normal
}

/// Replaces what stands in quotes. An apostrophe inside a word opens nothing, a quote that is never closed quotes nothing.
fn without_quoted(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    let mut unclosed = [false; 128];
    while let Some(at) = rest.find(['"', '\'', '`']) {
        let quote = rest.as_bytes()[at];
        let after = &rest[at + 1..];
        let inside_word = rest[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let end = if inside_word || unclosed[usize::from(quote)] { None } else { after.find(char::from(quote)) };
        match end {
            Some(end) => {
                text.push_str(&rest[..at]);
                text.push_str("<value>");
                rest = &after[end + 1..];
            }
            None => {
                unclosed[usize::from(quote)] |= !inside_word;
                text.push_str(&rest[..=at]);
                rest = after;
            }
        }
    }
    text + rest
}

fn word_into(word: &str, normal: &mut String) {
    if word.contains("://") {
        normal.push_str("<url>");
    } else if word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) {
        normal.push_str("<email>");
    } else {
        pieces_into(word, normal);
    }
}

/// Letters stay, pieces with digits become `#`, and `#`s joined by punctuation (dates, addresses, UUIDs) become one.
fn pieces_into(word: &str, normal: &mut String) {
    let id_like = is_uuid_like(word);
    let mut pieces = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let is_piece = first.is_alphanumeric();
        let end = rest.find(|next: char| next.is_alphanumeric() != is_piece).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        if is_piece {
            piece_into(piece, id_like, &mut pieces)
        } else {
            pieces.push_str(piece)
        }
        rest = after;
    }
    join_numbers(&pieces, normal);
}

fn piece_into(piece: &str, id_like: bool, pieces: &mut String) {
    let digits = piece.chars().filter(char::is_ascii_digit).count();
    let is_hex = piece.chars().all(|character| character.is_ascii_hexdigit());
    let starts_with_digit = piece.starts_with(|character: char| character.is_ascii_digit());
    if digits == 0 && !(id_like && is_hex) {
        pieces.push_str(piece);
    } else if starts_with_digit || id_like && is_hex || is_hex && piece.len() >= 6 || (digits >= 3 && piece.len() >= 10)
    {
        pieces.push('#');
    } else {
        // `worker17` and `EC2`: the letters name something.
        let mut after_digit = false;
        for character in piece.chars() {
            let is_digit = character.is_ascii_digit();
            match (is_digit, after_digit) {
                (true, false) => pieces.push('#'),
                (true, true) => {}
                (false, _) => pieces.push(character),
            }
            after_digit = is_digit;
        }
    }
}

/// Five groups of hexadecimal digits.
fn is_uuid_like(word: &str) -> bool {
    let word = word.trim_matches(|character: char| !character.is_ascii_hexdigit());
    let groups: Vec<&str> = word.split('-').collect();
    groups.len() == 5 && groups.iter().all(|group| group.chars().all(|character| character.is_ascii_hexdigit()))
}

fn join_numbers(pieces: &str, normal: &mut String) {
    let start = normal.len();
    let mut pending = String::new();
    for character in pieces.chars() {
        match character {
            '#' if normal[start..].ends_with('#') => pending.clear(),
            '#' => {
                normal.push_str(&pending);
                pending.clear();
                normal.push('#');
            }
            '-' | '.' | ':' | '/' | '_' | '+' if normal[start..].ends_with('#') => pending.push(character),
            other => {
                normal.push_str(&pending);
                pending.clear();
                normal.push(other);
            }
        }
    }
    normal.push_str(&pending);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_goes_and_what_tells_failures_apart_stays() {
        for (message, expected) in [
            (
                "RequestId: 3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11 Error: Task timed out after 1.00 seconds",
                "RequestId: # Error: Task timed out after # seconds",
            ),
            ("2024-04-08T16:56:22.000Z deadbeef-aaaa-bbbb-cccc-dddddddddddd failed", "# # failed"),
            ("Order 'abc' of ada@example.com not at https://x.y/z?id=3", "Order <value> of <email> not at <url>"),
            ("can't open 10.0.3.61:5432", "can't open #"),
            ("EC2 is not S3", "EC# is not S#"),
            ("key \"unclosed and more", "key \"unclosed and more"),
            ("first line 1\nsecond", "first line #"),
        ] {
            assert_eq!(normalise(message), expected);
        }
    }
}
