//! The part of a message that says which failure it is.

/// Most lines that announce the next one.
const MOST_ANNOUNCEMENTS: usize = 2;

/// The first line, with the lines that it announces: `Parameter validation failed:`, `thread 'main' panicked at …:`. Of a
/// traceback the last line, and of an invocation of Prisma, which quotes source code, the first and the last.
pub(crate) fn headline(message: &str) -> String {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    if first.starts_with("Traceback (most recent call last)") {
        return lines.next_back().unwrap_or(first).to_owned();
    }
    if first.starts_with("Invalid `") && first.contains("invocation") {
        return [first, lines.next_back().unwrap_or_default()].join(" ");
    }
    let mut said = first.to_owned();
    for line in lines.take(MOST_ANNOUNCEMENTS) {
        if !announces(&said) {
            break;
        }
        said.push(' ');
        said.push_str(line);
    }
    said
}

fn announces(line: &str) -> bool {
    // Pydantic writes `1 validation error for Order`, then the field.
    let counts_errors = line.contains(" validation error for ") || line.contains(" validation errors for ");
    let counts_errors = counts_errors && line.starts_with(|first: char| first.is_ascii_digit());
    line.ends_with(':') || matches!(line, "Error" | "Exception") || counts_errors && line.split(' ').count() <= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_announces_another_takes_it_along() {
        for (message, expected) in [
            ("first\nsecond", "first"),
            ("\n\n first \n", "first"),
            ("", ""),
            ("Parameter validation failed:\nMissing it\nand that", "Parameter validation failed: Missing it"),
            ("a:\nb:\nc:\nd", "a: b: c:"),
            ("Traceback (most recent call last):\n  File x\nKeyError: 'a'\n", "KeyError: 'a'"),
            (
                "\nInvalid `a.b()` invocation in\nx.js:1:2\n\n  1 x\nCan't reach it",
                "Invalid `a.b()` invocation in Can't reach it",
            ),
            ("2 validation errors for Order\nemail\n  Field required", "2 validation errors for Order email"),
            ("ends with a colon:", "ends with a colon:"),
        ] {
            assert_eq!(headline(message), expected, "{message:?}");
        }
    }
}
