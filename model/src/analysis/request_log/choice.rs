//! Which lines of a request are kept: the error, what came before, and a little of what came after.

use super::redacted::{cut, redacted};
use super::{LogEvent, LogLine};
use crate::quotation::one_line;
use crate::time::from_milliseconds;

/// Lines that are kept before the error.
const BEFORE: usize = 10;
/// Lines that are kept in all.
const MOST: usize = 20;
/// What is kept in all, in bytes.
const MOST_BYTES: usize = 4096;
/// Longest line, in bytes.
const LONGEST: usize = 360;
/// Longest line of the error, in bytes.
const LONGEST_ERROR: usize = 1200;
/// How much of a line is searched for secrets, in characters: a truncated secret is no longer recognisable, so truncation comes
/// last.
const READ: usize = 4 * LONGEST_ERROR;
/// Lines around the error that are searched for secrets of several lines, such as private keys.
const SEARCHED: usize = 100;

/// A line of an event, as it is.
struct Raw<'e> {
    at: i64,
    text: &'e str,
}

/// The lines that are kept, oldest first, and which of them is the error. `error` is what the event says of it.
pub(super) fn chosen(events: &[&LogEvent], error: &str) -> (Vec<LogLine>, Option<usize>) {
    let raw: Vec<Raw<'_>> = events.iter().flat_map(|event| lines_of(event)).collect();
    let Some(at) = error_at(&raw, error) else { return (Vec::new(), None) };
    let first = at.saturating_sub(SEARCHED);
    let read: Vec<String> = raw[first..].iter().take(2 * SEARCHED).map(|line| cut(line.text, READ)).collect();
    let safe = redacted(&read);
    let kept: Vec<(usize, String)> = safe.into_iter().filter(|(_, text)| !text.trim().is_empty()).collect();
    let Some(error) = kept.iter().position(|(number, _)| first + number >= at) else { return (Vec::new(), None) };
    let texts: Vec<String> = kept.iter().enumerate().map(|(place, (_, text))| bounded(text, place == error)).collect();
    let range = range(&texts, error);
    let lines = range.clone().map(|place| LogLine {
        at: raw.get(first + kept[place].0).map(|line| from_milliseconds(line.at)).unwrap_or_default(),
        text: texts[place].clone(),
    });
    (lines.collect(), Some(error - range.start))
}

/// As many lines as there is room for: the error, some after it, then those before it.
fn range(texts: &[String], error: usize) -> std::ops::Range<usize> {
    let (mut first, mut end) = (error, error + 1);
    let mut room = MOST_BYTES.saturating_sub(texts[error].len());
    let mut takes = |text: &String| {
        let fits = text.len() <= room;
        room -= if fits { text.len() } else { 0 };
        fits
    };
    while end < texts.len() && end - error <= 3 && takes(&texts[end]) {
        end += 1;
    }
    while first > 0 && error - first < BEFORE && takes(&texts[first - 1]) {
        first -= 1;
    }
    while end < texts.len() && end - first < MOST && takes(&texts[end]) {
        end += 1;
    }
    first..end
}

fn lines_of(event: &LogEvent) -> impl Iterator<Item = Raw<'_>> {
    let lines = event.text.split(['\n', '\r']).filter(|line| !line.trim().is_empty());
    lines.map(|text| Raw { at: event.at, text })
}

/// A line of printable characters, within its limit.
fn bounded(text: &str, is_error: bool) -> String {
    let limit = if is_error { LONGEST_ERROR } else { LONGEST };
    crate::fields::within_bytes(one_line(text).trim_end(), limit)
}

/// The line of the error: one with the words of the event, else one that looks like an error, else the last one of the
/// function.
fn error_at(lines: &[Raw<'_>], error: &str) -> Option<usize> {
    let words: String =
        error.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().chars().take(60).collect();
    let escaped = words.replace('"', "\\\"");
    let says_it = |line: &Raw<'_>| line.text.contains(&words) || line.text.contains(&escaped);
    let said = (words.len() >= 4).then(|| lines.iter().rposition(says_it)).flatten();
    let looks = || lines.iter().rposition(|line| is_error(line.text)).map(|at| first_of_report(lines, at));
    let last = || lines.iter().rposition(|line| super::report::record(line.text).is_none());
    said.or_else(looks).or_else(last).or_else(|| lines.len().checked_sub(1))
}

/// Of a stack trace, its first line.
fn first_of_report(lines: &[Raw<'_>], at: usize) -> usize {
    let is_trace = |text: &str| text.starts_with([' ', '\t']) || text.starts_with("Traceback (");
    (0..=at).rev().find(|place| !is_trace(lines[*place].text)).unwrap_or(at)
}

fn is_error(line: &str) -> bool {
    const SIGNS: [&str; 14] = [
        "ERROR",
        "[error]",
        "\"level\":\"error\"",
        "\"level\": \"error\"",
        "FATAL",
        "CRITICAL",
        "Exception",
        "Error:",
        "panic:",
        "panicked at",
        "Task timed out after",
        "\"errorType\"",
        "Process exited",
        "Runtime exited",
    ];
    let head: String = line.chars().take(READ).collect();
    super::report::record(line).is_none() && SIGNS.iter().any(|sign| head.contains(sign))
}
