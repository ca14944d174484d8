//! The stack frame that tells failures of one program apart.

use serde::Serialize;

/// The innermost frame of the application's own code. Every text is empty if the event has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TopFrame {
    /// File and function, without line numbers, which every deployment changes.
    pub place: String,
    /// The line of source code, which only Python's and Ruby's traces quote.
    pub source_line: String,
    /// Line, and column if there is one: `12:9`. It tells the statements of a function apart where no line is quoted.
    pub position: String,
    /// The place as fingerprints of version 1 have it.
    pub former: String,
}
