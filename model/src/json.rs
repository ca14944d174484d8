//! Reads JSON that others wrote. A corner of an event that a parser refuses, mostly in a payload that is not even looked
//! at, must not hide the failure that the event tells of. So what no parser holds is left out before it is parsed: values
//! nested too deep, numbers beyond the largest, halves of surrogate pairs.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// So many objects and lists may be open at once; what is nested deeper is read as `null`. Half of what the parser bears,
/// since an event lies in wrappers and everything that walks it calls itself. AWS's own events nest a dozen levels.
pub const MOST_LEVELS: usize = 64;
/// A number shorter than this is finite without an exponent: the largest has 309 digits.
const SURELY_FINITE: usize = 300;
/// What stands for a character that is none.
const REPLACEMENT: &[u8] = b"\\ufffd";

/// Reads one value.
///
/// # Errors
/// When the bytes are no JSON, whatever they may hold.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(&readable(bytes))
}

/// Reads one value.
///
/// # Errors
/// When the text is no JSON, whatever it may hold.
pub(crate) fn from_str<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    from_slice(text.as_bytes())
}

/// Reads values that follow one another.
///
/// # Errors
/// When one of them is no JSON.
pub(crate) fn stream(bytes: &[u8]) -> serde_json::Result<Vec<Value>> {
    serde_json::Deserializer::from_slice(&readable(bytes)).into_iter().collect()
}

/// The JSON without what a parser refuses although it is JSON; all of it when there is nothing such. Takes time in
/// proportion to the bytes and no more memory than they do, however they nest. What is no JSON stays none.
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
    /// What is written so far, up to `copied` in the bytes; nothing while nothing was replaced.
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

    /// Writes something in the place of what stands from `start` to here.
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

    /// The UTF-16 unit that `\uXXXX` at a place stands for.
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
    fn what_is_nested_too_deep_is_left_out_and_the_rest_is_read() -> Result<(), serde_json::Error> {
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
    fn strings_inside_of_what_is_left_out_do_not_end_it() -> Result<(), serde_json::Error> {
        let deep = format!("{}\"]]]\\\"]\", {{\"}}\": 1}}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(from_str::<Value>(&format!("[{deep}, 7]"))?[1], 7);
        Ok(())
    }

    #[test]
    fn numbers_and_characters_that_are_none_hide_nothing() -> Result<(), serde_json::Error> {
        let read: Value =
            from_str(r#"{"n": 1e400, "m": -1E+999, "t": "a\ud800b\udc00", "p": "\ud83d\ude00\\ud800", "k": 1e3}"#)?;
        assert_eq!(read, json!({"n": null, "m": null, "t": "a\u{fffd}b\u{fffd}", "p": "\u{1f600}\\ud800", "k": 1e3}));
        assert_eq!(from_slice::<Value>(b"{\"a\": \"\xff\"}")?, json!({"a": "\u{fffd}"}));
        assert_eq!(from_str::<Value>(&format!("[{}]", "9".repeat(400)))?, json!([null]));
        Ok(())
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for broken in ["", "{", "[[", "{\"a\":}", "nul", "\"\\ud8", "]", &"[".repeat(1_000_000), "\"\\"] {
            assert!(from_str::<Value>(broken).is_err(), "{broken:.20}");
        }
    }

    proptest! {
        #[test]
        fn json_that_a_parser_takes_is_not_touched(text in r#"[\[\]{}:,"\\a0-9.eu -]{0,60}"#) {
            if serde_json::from_str::<Value>(&text).is_ok() {
                prop_assert_eq!(&*readable(text.as_bytes()), text.as_bytes());
            }
        }

        #[test]
        fn bytes_of_any_kind_are_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = from_slice::<Value>(&bytes);
        }
    }
}
