//! Parses untrusted JSON. A part of an event that the parser rejects, usually in a payload that is never read, must not
//! hide the failure that the event reports. So such parts are removed before parsing: values that are nested too
//! deeply, numbers out of range, lone surrogates.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Maximum nesting; deeper values are read as `null`. Half of the parser's limit, since events are wrapped, and code
/// that walks them recurses. AWS's own events nest a dozen levels.
pub const MOST_LEVELS: usize = 64;
/// A number shorter than this, without an exponent, is finite: the largest has 309 digits.
const SURELY_FINITE: usize = 300;
/// Replaces invalid characters.
const REPLACEMENT: &[u8] = b"\\ufffd";

/// Reads one value.
///
/// # Errors
/// When the bytes are not JSON.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(&readable(bytes))
}

/// Reads one value.
///
/// # Errors
/// When the text is not JSON.
pub(crate) fn from_str<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    from_slice(text.as_bytes())
}

/// Reads consecutive values.
///
/// # Errors
/// When one of them is not JSON.
pub(crate) fn stream(bytes: &[u8]) -> serde_json::Result<Vec<Value>> {
    serde_json::Deserializer::from_slice(&readable(bytes)).into_iter().collect()
}

/// The JSON without the parts that the parser rejects although they are valid; unchanged without such parts. Linear in
/// time and memory, whatever the nesting. Invalid JSON stays invalid.
pub fn readable(bytes: &[u8]) -> Cow<'_, [u8]> {
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(_) => Scan::of(bytes).finished(),
        Cow::Owned(text) => Cow::Owned(Scan::of(text.as_bytes()).finished().into_owned()),
    }
}

/// One pass over a text.
struct Scan<'b> {
    bytes: &'b [u8],
    at: usize,
    levels: usize,
    /// The output so far, up to `copied` in the input; empty until something is replaced.
    written: Vec<u8>,
    copied: usize,
}

impl<'b> Scan<'b> {
    fn of(bytes: &'b [u8]) -> Self {
        let mut scan = Self { bytes, at: 0, levels: 0, written: Vec::new(), copied: 0 };
        while let Some(byte) = scan.bytes.get(scan.at) {
            match byte {
                b'"' => scan.string(),
                b'{' | b'[' if scan.levels == MOST_LEVELS => scan.leave_out_nested(),
                b'{' | b'[' => scan.step(1),
                b'}' | b']' => scan.step(-1),
                b'-' | b'0'..=b'9' => scan.number(),
                _ => scan.at += 1,
            }
        }
        scan
    }

    fn finished(mut self) -> Cow<'b, [u8]> {
        if self.copied == 0 {
            return Cow::Borrowed(self.bytes);
        }
        self.written.extend_from_slice(self.bytes.get(self.copied..).unwrap_or_default());
        Cow::Owned(self.written)
    }

    fn step(&mut self, levels: isize) {
        self.levels = self.levels.saturating_add_signed(levels);
        self.at += 1;
    }

    /// Replaces the input from `start` to here.
    fn replace(&mut self, start: usize, with: &[u8]) {
        self.written.extend_from_slice(self.bytes.get(self.copied..start).unwrap_or_default());
        self.written.extend_from_slice(with);
        self.copied = self.at;
    }

    fn leave_out_nested(&mut self) {
        let start = self.at;
        let mut open = 0_usize;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return self.replace(start, b"null");
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => self.escape(),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) {
        let start = self.at;
        match self.unit(start) {
            Some(0xD800..=0xDBFF) if matches!(self.unit(start + 6), Some(0xDC00..=0xDFFF)) => self.at += 12,
            Some(0xD800..=0xDFFF) => {
                self.at += 6;
                self.replace(start, REPLACEMENT);
            }
            Some(_) => self.at += 6,
            None => self.at += 2,
        }
    }

    /// The UTF-16 unit of `\uXXXX` at a position.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }

    fn number(&mut self) {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length =
            rest.iter().take_while(|byte| matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E' | b'0'..=b'9')).count();
        self.at += length;
        let token = rest.get(..length).and_then(|token| std::str::from_utf8(token).ok()).unwrap_or_default();
        let may_be_infinite = length > SURELY_FINITE || token.contains(['e', 'E']);
        if may_be_infinite && token.parse::<f64>().is_ok_and(f64::is_infinite) {
            self.replace(start, b"null");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn nested(levels: usize) -> String {
        format!("{}1{}", r#"{"a":["#.repeat(levels / 2), "]}".repeat(levels / 2))
    }

    #[test]
    fn deeply_nested_values_are_removed_and_the_rest_is_read() -> Result<(), serde_json::Error> {
        for levels in [126, 128, 2_000, 4_000_000] {
            let event = format!(r#"{{"before": 1, "deep": {}, "after": "]}}\"{{", "last": [2]}}"#, nested(levels));
            let read: Value = from_str(&event)?;
            assert_eq!((&read["before"], &read["after"], &read["last"]), (&json!(1), &json!("]}\"{"), &json!([2])));
            assert!(readable(read.to_string().as_bytes()).len() < 1_000);
        }
        assert_eq!(from_str::<Value>(&nested(MOST_LEVELS))?.to_string(), nested(MOST_LEVELS));
        Ok(())
    }

    #[test]
    fn strings_in_removed_values_do_not_end_them() -> Result<(), serde_json::Error> {
        let deep = format!("{}\"]]]\\\"]\", {{\"}}\": 1}}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(from_str::<Value>(&format!("[{deep}, 7]"))?[1], 7);
        Ok(())
    }

    #[test]
    fn invalid_numbers_and_characters_hide_nothing() -> Result<(), serde_json::Error> {
        let read: Value =
            from_str(r#"{"n": 1e400, "m": -1E+999, "t": "a\ud800b\udc00", "p": "\ud83d\ude00\\ud800", "k": 1e3}"#)?;
        assert_eq!(read, json!({"n": null, "m": null, "t": "a\u{fffd}b\u{fffd}", "p": "\u{1f600}\\ud800", "k": 1e3}));
        assert_eq!(from_slice::<Value>(b"{\"a\": \"\xff\"}")?, json!({"a": "\u{fffd}"}));
        assert_eq!(from_str::<Value>(&format!("[{}]", "9".repeat(400)))?, json!([null]));
        Ok(())
    }

    #[test]
    fn invalid_json_stays_invalid() {
        for broken in ["", "{", "[[", "{\"a\":}", "nul", "\"\\ud8", "]", &"[".repeat(1_000_000), "\"\\"] {
            assert!(from_str::<Value>(broken).is_err(), "{broken:.20}");
        }
    }

    proptest! {
        #[test]
        fn json_that_the_parser_accepts_is_unchanged(text in r#"[\[\]{}:,"\\a0-9.eu -]{0,60}"#) {
            if serde_json::from_str::<Value>(&text).is_ok() {
                prop_assert_eq!(&*readable(text.as_bytes()), text.as_bytes());
            }
        }

        #[test]
        fn arbitrary_bytes_are_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = from_slice::<Value>(&bytes);
        }
    }
}
