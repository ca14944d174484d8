//! Logs that are hard to read.

use serde_json::{Value, json};

use super::super::secrets::said;
use super::failure::{Failure, Moment, STREAM, message, of_function};

/// 10 MB of lines, all of the request.
const LONG_LOG: usize = 10 << 20;
/// Streams of a group.
const STREAMS: usize = 50;
/// The longest event that a log took before 2025.
const LONG_LINE: usize = 256 << 10;
/// A history of at most this many bytes at once.
const PIECE: usize = 3 << 20;

/// One failure for each kind of log.
pub(super) fn failures(now: i64) -> Vec<Failure> {
    let at = |number: usize| Moment { number: 0xa00 + number, now };
    vec![
        long("long-log", at(1), LONG_LOG, 2_000),
        long("long-lines", at(2), 12 * LONG_LINE, LONG_LINE),
        binary("binary", at(3)),
        streams("streams", at(4)),
        secrets("secrets", at(5)),
    ]
}

/// Lines of this length, as many as fill the log; secrets lie across every place at which they may be cut.
fn long(name: &str, at: Moment, log: usize, length: usize) -> Failure {
    let begin = format!("ERROR {} {}: ", at.request(), message(name));
    let line = begin + &said().repeat(length / said().len() + 1);
    let line: String = line.chars().take(length).collect();
    let stream = |_| at.stream(&format!("/aws/lambda/{name}"), STREAM, &vec![line.clone(); PIECE / length]);
    Failure { logs: (0..=log / PIECE).map(stream).collect(), ..of_function(name, at, &[]) }
}

/// Every control character, what is no character, and what is not what it seems.
fn binary(name: &str, at: Moment) -> Failure {
    let bytes: String = (0..=255).map(char::from).collect();
    let odd = "\u{feff}\u{202e}\u{200b}\u{fffd}\u{ffff}\u{10ffff}e\u{301}\u{1b}[2J\u{1b}]0;title\u{7}";
    let lines: Vec<String> = (0..300).map(|_| format!("{} {bytes}{odd}{}", at.request(), said())).collect();
    of_function(name, at, &[lines, vec![format!("{}{bytes}{}", at.request(), message(name))]].concat())
}

/// Streams of a request each, of which one failed. All say the same.
fn streams(name: &str, at: Moment) -> Failure {
    let stream = |number: usize| -> Value {
        let request = match number {
            37 => at.request(),
            _ => format!("00000000-0000-4000-9000-{number:012x}"),
        };
        let lines = [format!("START RequestId: {request} Version: 1"), format!("ERROR {number} {}", message(name))];
        at.stream(&format!("/aws/lambda/{name}"), &format!("2026/01/01/[1]{number:032x}"), &lines)
    };
    Failure { logs: (0..STREAMS).map(stream).collect(), ..of_function(name, at, &[]) }
}

/// Secrets in every line, in many forms and at every distance from its beginning.
fn secrets(name: &str, at: Moment) -> Failure {
    let request = at.request();
    let lines = (0..40).map(|number| {
        let said = format!("{} {}", "-".repeat(number * 29), said());
        match number % 4 {
            0 => format!("{request} {said}"),
            1 => json!({"requestId": request, "message": said}).to_string(),
            2 => json!({"requestId": request, "body": json!({ "said": said }).to_string()}).to_string(),
            _ => format!("{request} {} {said}", message(name)),
        }
    });
    of_function(name, at, &lines.collect::<Vec<_>>())
}
