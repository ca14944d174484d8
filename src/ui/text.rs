//! Text layout.

/// Wraps a text at spaces to at most `width` characters; a longer word gets a line of its own.
/// Existing line breaks are kept.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    text.lines().flat_map(|line| wrap_line(line, width)).collect()
}

fn wrap_line(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in line.split_whitespace() {
        let word_length = word.chars().count();
        match lines.last_mut() {
            Some(last) if last.is_empty() => {
                last.push_str(word);
                length = word_length;
            }
            Some(last) if length + 1 + word_length <= width => {
                *last += &format!(" {word}");
                length += 1 + word_length;
            }
            _ => {
                lines.push(word.to_owned());
                length = word_length;
            }
        }
    }
    lines
}

/// A text from outside with its control characters written out (`\u{1b}`), and those that change the direction or hide others:
/// a terminal would obey them. Line breaks stay.
pub fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, character| {
        match character != '\n' && is_obeyed(character) {
            true => safe.extend(character.escape_default()),
            false => safe.push(character),
        }
        safe
    })
}

/// One line of JSON with the same value, in which a terminal obeys nothing: such characters stand only in its strings, and
/// JSON escapes no more of them than C0.
pub(super) fn escaped(line: &str) -> String {
    if !line.chars().any(is_obeyed) {
        return line.to_owned();
    }
    let mut safe = String::with_capacity(line.len());
    for character in line.chars() {
        match is_obeyed(character) {
            true => safe.extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
            false => safe.push(character),
        }
    }
    safe
}

/// Whether a terminal does something else with a character than show it: the controls of C0 and C1, and Unicode's format
/// characters for direction, width and line breaks.
pub(super) fn is_obeyed(character: char) -> bool {
    let is_format = matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    character.is_control() || is_format
}

/// A number with its noun: `1 incident`, `3 incidents`.
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_of_a_text_from_outside() {
        let text = "red\u{1b}[31m \u{9b}2J\u{7f}\r\u{202e}txt\u{200b} \u{e0041}é\nnext";
        assert_eq!(printable(text), "red\\u{1b}[31m \\u{9b}2J\\u{7f}\\r\\u{202e}txt\\u{200b} \\u{e0041}é\nnext");
        let line = serde_json::to_string(text).map(|line| escaped(&line)).unwrap_or_default();
        assert!(!line.chars().any(is_obeyed), "{line}");
        assert_eq!(serde_json::from_str::<String>(&line).ok().as_deref(), Some(text));
    }
}
