//! Tokens.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexeme<'t> {
    /// A keyword, a function or an attribute name.
    Word(&'t str),
    /// `#name`, which stands for an attribute name.
    Name(&'t str),
    /// `:value`.
    Value(&'t str),
    /// Digits, as list indexes have them.
    Digits(&'t str),
    /// An operator or another sign.
    Sign(&'t str),
    /// What no expression has.
    Unknown(&'t str),
    End,
}

/// A token and where it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) lexeme: Lexeme<'t>,
    pub(super) start: usize,
    pub(super) end: usize,
}

const SIGNS: [&str; 14] = ["<>", "<=", ">=", "=", "<", ">", "+", "-", "(", ")", "[", "]", ".", ","];

/// Cuts a text into tokens, the last of which is [`Lexeme::End`]. No text is refused: that is for the parser, which
/// knows what it expects.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let start = at + blank;
        let lexeme = first(&rest[blank..]);
        at = start + width(lexeme);
        tokens.push(Token { lexeme, start, end: at });
    }
    if tokens.last().is_none_or(|last| last.lexeme != Lexeme::End) {
        tokens.push(Token { lexeme: Lexeme::End, start: text.len(), end: text.len() });
    }
    tokens
}

fn first(text: &str) -> Lexeme<'_> {
    let Some(initial) = text.chars().next() else { return Lexeme::End };
    let word = |from: usize| from + text[from..].find(|c: char| !is_part(c)).unwrap_or(text.len() - from);
    match initial {
        'a'..='z' | 'A'..='Z' => Lexeme::Word(&text[..word(1)]),
        '#' if word(1) > 1 => Lexeme::Name(&text[..word(1)]),
        ':' if word(1) > 1 => Lexeme::Value(&text[..word(1)]),
        '0'..='9' => Lexeme::Digits(&text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]),
        _ => match SIGNS.iter().find(|sign| text.starts_with(**sign)) {
            Some(sign) => Lexeme::Sign(sign),
            None => Lexeme::Unknown(&text[..initial.len_utf8()]),
        },
    }
}

fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn width(lexeme: Lexeme<'_>) -> usize {
    match lexeme {
        Lexeme::Word(text)
        | Lexeme::Name(text)
        | Lexeme::Value(text)
        | Lexeme::Digits(text)
        | Lexeme::Sign(text)
        | Lexeme::Unknown(text) => text.len(),
        Lexeme::End => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_the_grammar_says() {
        let lexemes: Vec<Lexeme<'_>> =
            tokens(" a1_b<>:v_1\n<= #9 _x 4g.[12]é ").into_iter().map(|token| token.lexeme).collect();
        let expected = [
            Lexeme::Word("a1_b"),
            Lexeme::Sign("<>"),
            Lexeme::Value(":v_1"),
            Lexeme::Sign("<="),
            Lexeme::Name("#9"),
            Lexeme::Unknown("_"),
            Lexeme::Word("x"),
            Lexeme::Digits("4"),
            Lexeme::Word("g"),
            Lexeme::Sign("."),
            Lexeme::Sign("["),
            Lexeme::Digits("12"),
            Lexeme::Sign("]"),
            Lexeme::Unknown("é"),
            Lexeme::End,
        ];
        assert_eq!(lexemes, expected);
        assert_eq!(tokens("#").first().map(|token| token.lexeme), Some(Lexeme::Unknown("#")));
    }
}
