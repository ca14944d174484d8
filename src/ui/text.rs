//! Running text.

/// Breaks a text into lines of at most `width` characters at its spaces; a longer word stands on a line of its own.
/// Line breaks of the text stay.
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

/// A number with its noun: `1 incident`, `3 incidents`.
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
