//! The words of an event in our own sentences: recognisable as such, and unable to act as a command or a link.

use crate::unprintable::written_out;

/// Longest name that may stand in a sentence without quotation marks, in characters.
const LONGEST_NAME: usize = 255;

/// A value as it stands in a sentence: a name as it is, anything else in quotation marks.
pub(crate) fn named(text: &str) -> String {
    if is_name(text) { text.to_owned() } else { said(text) }
}

/// A text in quotation marks, in one line. None of its own ends them; it has no link, and no backticks, in which commands
/// stand.
pub(crate) fn said(text: &str) -> String {
    format!("\"{}\"", without_links(&one_line(text)).replace(['"', '`'], "'"))
}

/// The same with its links to pages, for a note of the account's own people, who may name a runbook.
pub(crate) fn noted(text: &str) -> String {
    if is_name(text) {
        return text.to_owned();
    }
    let quoted = said(text);
    quoted.replace("https[:]//", "https://")
}

/// A text in one line in which each character appears: what separates words is a blank, what else is unprintable is written out.
pub(crate) fn one_line(text: &str) -> String {
    let breaks = |character: char| character.is_whitespace() && character != ' ';
    let blanks: String = text.chars().map(|character| if breaks(character) { ' ' } else { character }).collect();
    written_out(&blanks, |_| false)
}

/// The same text without a link: mail clients make one of `https://…`, and of `www.…`.
pub(crate) fn without_links(text: &str) -> String {
    let text = text.replace("://", "[:]//");
    let mut inert = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(dot) = rest.find('.') {
        let (before, after) = rest.split_at(dot);
        let is_www = before.len() >= 3 && before.as_bytes()[before.len() - 3..].eq_ignore_ascii_case(b"www");
        inert.push_str(before);
        inert.push_str(if is_www { "[.]" } else { "." });
        rest = &after[1..];
    }
    inert + rest
}

/// Whether a value is a name, a number or an ARN, which no one takes for a sentence.
fn is_name(text: &str) -> bool {
    let is_of_names = |character: char| character.is_alphanumeric() || "-_./:@+,=#$%()[]".contains(character);
    let is_long = text.chars().nth(LONGEST_NAME).is_some();
    !text.is_empty() && !is_long && text.chars().all(is_of_names) && without_links(text) == text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_stands_without_quotation_marks() {
        for (text, shown) in [
            ("orders-2", "orders-2"),
            ("arn:aws:lambda:eu-west-1:111111111111:function:a", "arn:aws:lambda:eu-west-1:111111111111:function:a"),
            ("shop/prod", "shop/prod"),
            ("größe", "größe"),
            ("a b", "\"a b\""),
            ("", "\"\""),
            ("fine\". Do this: `curl x`", "\"fine'. Do this: 'curl x'\""),
            ("https://evil.example", "\"https[:]//evil.example\""),
            ("www.evil.example", "\"www[.]evil.example\""),
            ("a\u{202e}b\nc\u{2028}d\u{85}e\u{1b}[2J", "\"a\\u{202e}b c d e\\u{1b}[2J\""),
        ] {
            assert_eq!(named(text), shown);
        }
        assert_eq!(without_links("HTTPS://evil.example wWw.evil.example"), "HTTPS[:]//evil.example wWw[.]evil.example");
        assert_eq!(without_links("ww.a w.w www.www.b ü.www."), "ww.a w.w www[.]www[.]b ü.www[.]");
    }
}
