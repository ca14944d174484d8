//! The stack frame that distinguishes failures of one function.

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::fields::{scalar, shortened};
use crate::observation::TopFrame;

/// Paths of runtimes and libraries, whose frames say little about the application. Fingerprints of version 1 know no
/// others.
const FOREIGN: &[&str] = &[
    "/var/runtime",
    "/var/lang",
    "/opt/",
    "node_modules",
    "site-packages",
    "node:",
    "runtime/panic.go",
    "aws-lambda-",
];
/// More of them: standard libraries and frameworks that wrap an application's code.
const ALSO_FOREIGN: &[&str] =
    &["/usr/lib", "/usr/local/go/", "/go/pkg/mod/", "/gems/", "/rustc/", "<frozen ", "[as oncomplete]", "(internal/"];
/// The same for Java's and .NET's packages, with which a frame begins.
const FOREIGN_PACKAGES: &[&str] = &[
    "Amazon.",
    "Microsoft.",
    "System.",
    "com.amazonaws.",
    "com.fasterxml.",
    "github.com/aws/",
    "io.netty.",
    "java.",
    "javax.",
    "jdk.",
    "kotlin.",
    "kotlinx.",
    "lambda_method",
    "org.apache.",
    "org.springframework.",
    "reactor.",
    "scala.",
    "software.amazon.",
    "sun.",
];
/// Number of frames that are searched: a recursion has thousands.
const MOST_FRAMES: usize = 200;
/// Maximum length of a place or a line of source code, in characters.
const LONGEST: usize = 200;

/// The innermost frame of application code; empty without a stack trace.
pub(super) fn top(payload: &Value) -> TopFrame {
    let frames: Vec<Frame> = super::frames(payload).iter().take(MOST_FRAMES).map(Frame::read).collect();
    // Only Python lists the innermost call last.
    let is_python = frames.iter().any(|frame| frame.text.trim_start().starts_with("File \""));
    let innermost = |is_own: &dyn Fn(&Frame) -> bool| match is_python {
        true => frames.iter().rev().find(|frame| is_own(frame)),
        false => frames.iter().find(|frame| is_own(frame)),
    };
    let former = innermost(&|frame| frame.passes_for_call() && !frame.is_in(FOREIGN));
    let marks_calls = frames.iter().any(|frame| frame.begins("at "));
    let top = innermost(&|frame| frame.is_call(marks_calls) && frame.is_own());
    TopFrame {
        place: top.map(Frame::place).unwrap_or_default(),
        source_line: top.map(|frame| frame.source_line.clone()).unwrap_or_default(),
        position: top.map(Frame::position).unwrap_or_default(),
        former: former.map(|frame| if frame.is_list { ":".to_owned() } else { frame.place() }).unwrap_or_default(),
    }
}

/// One line of a stack trace.
struct Frame {
    text: String,
    source_line: String,
    /// Python 2.7 writes each frame as a list, of which version 1 read nothing.
    is_list: bool,
}

impl Frame {
    fn read(frame: &Value) -> Self {
        match frame {
            Value::String(text) => {
                let mut lines = text.lines();
                let first = lines.next().unwrap_or_default().to_owned();
                let is_python = first.trim_start().starts_with("File \"");
                let quoted = lines.find(|line| is_source(line)).filter(|_| is_python).unwrap_or_default();
                Self { text: first, source_line: shortened(quoted.trim(), LONGEST), is_list: false }
            }
            Value::Array(_) => Self {
                text: format!(
                    "File \"{}\", line {}, in {}",
                    scalar(frame, "/0"),
                    scalar(frame, "/1"),
                    scalar(frame, "/2")
                ),
                source_line: shortened(scalar(frame, "/3").trim(), LONGEST),
                is_list: true,
            },
            go => Self {
                text: format!("{}:{} {}", scalar(go, "/path"), scalar(go, "/line"), scalar(go, "/label")),
                source_line: String::new(),
                is_list: false,
            },
        }
    }

    fn begins(&self, with: &str) -> bool {
        self.text.trim_start().starts_with(with)
    }

    /// Whether it is a call. Node prints the error before the frames, with its class and all lines of its message; where
    /// one frame begins with `at`, each does.
    fn is_call(&self, marks_calls: bool) -> bool {
        self.begins("at ")
            || self.begins("File ")
            || !marks_calls && self.text.contains(':') && !self.text.contains(": ")
    }

    /// The same as version 1 judges it, which knows errors only whose class ends in `Error`.
    fn passes_for_call(&self) -> bool {
        self.begins("at ") || self.begins("File ") || self.text.contains(':') && !self.text.contains("Error: ")
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.text.contains(place))
    }

    /// Whether it belongs to the application.
    fn is_own(&self) -> bool {
        let call = self.text.trim_start();
        let call = call.strip_prefix("at ").unwrap_or(call);
        // `java.base/java.util.Optional.get` names the module first.
        let call =
            call.split_once('/').filter(|(module, _)| module.starts_with("java.")).map_or(call, |(_, call)| call);
        !self.is_in(FOREIGN)
            && !self.is_in(ALSO_FOREIGN)
            && !FOREIGN_PACKAGES.iter().any(|package| call.starts_with(package))
    }

    /// The frame with its numbers replaced.
    fn place(&self) -> String {
        let mut text = String::with_capacity(self.text.len());
        for character in self.text.trim().chars() {
            match character {
                '0'..='9' if text.ends_with('#') => {}
                '0'..='9' => text.push('#'),
                other => text.push(other),
            }
        }
        shortened(&text, LONGEST)
    }

    /// The numbers after a colon: `12:9` of `at pay (/var/task/pay.js:12:9)`, `31` of `Bill.total(Bill.java:31)`.
    fn position(&self) -> String {
        let numbers = self.text.split(':').skip(1).filter_map(|part| {
            let number = part.strip_prefix("line ").unwrap_or(part);
            let number = number.split([')', ' ']).next().unwrap_or_default();
            (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
        });
        shortened(&numbers.collect::<Vec<_>>().join(":"), LONGEST)
    }
}

/// Whether a line is source code: Python underlines the failing expression with carets in a line of its own.
fn is_source(line: &str) -> bool {
    line.chars().any(|character| !matches!(character, '^' | '~' | ' ' | '\t'))
}
