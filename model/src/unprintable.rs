//! Characters that a terminal or a mail client obeys, or hides, instead of showing them.

/// Whether a character does something else than appear: the controls of C0 and C1 (category Cc), format characters such as
/// those for direction (Cf), line and paragraph separators (Zl, Zp), and what else is ignored when it cannot be displayed
/// (`Default_Ignorable_Code_Point`), except the selectors of the emoji and the text form of the character before.
///
/// Source: <https://www.unicode.org/Public/17.0.0/ucd/DerivedCoreProperties.txt> and `extracted/DerivedGeneralCategory.txt`
/// beside it.
pub fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'..='\u{891}'
                | '\u{8e2}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0d}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{110bd}'
                | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// A text with its unprintable characters written out (`\u{1b}`, `\n`), except those that are `kept`.
pub fn written_out(text: &str, kept: impl Fn(char) -> bool) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match is_unprintable(character) && !kept(character) {
            true => safe.extend(character.escape_default()),
            false => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn every_control_format_and_separator_is_unprintable(text in r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]") {
            prop_assert!(text.chars().all(is_unprintable), "{:?}", text);
            prop_assert!(!written_out(&text, |_| false).chars().any(is_unprintable));
        }

        #[test]
        fn what_appears_stays_as_it_is(text in r"[\p{L}\p{N}\p{P}\p{S}\p{Zs}--[\x{115F}\x{1160}\x{3164}\x{FFA0}]]{0,20}") {
            prop_assert_eq!(written_out(&text, |_| false), text);
        }
    }

    #[test]
    fn attacks_are_written_out_and_the_form_of_an_emoji_is_none() {
        let text = "\u{1b}]8;;x\u{7}\u{9b}2J\r\n\u{8}\u{202e}\u{e0041}\u{2028}⚠\u{fe0f} naïve 日本";
        let safe = "\\u{1b}]8;;x\\u{7}\\u{9b}2J\\r\n\\u{8}\\u{202e}\\u{e0041}\\u{2028}⚠\u{fe0f} naïve 日本";
        assert_eq!(written_out(text, |character| character == '\n'), safe);
    }
}
