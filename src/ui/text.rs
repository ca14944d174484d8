//! Text layout.

use super::line::printable;

/// Wraps a text at spaces to at most `width` characters; a longer word gets a line of its own.
/// Existing line breaks are kept. Characters are counted as they are shown.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    text.lines().flat_map(|line| wrap_line(&printable(line), width)).collect()
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

/// A number with its noun: `1 incident`, `3 incidents`.
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
