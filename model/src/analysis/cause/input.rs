//! What a caller sent.

use super::Suspect;
use crate::analysis::facts::Facts;
use crate::analysis::signs::{CONFLICT, INPUT, SHAPE, has, is_unparsed};
use crate::analysis::{Cause, EvidenceKind, rates::Failing};

/// The share of calls below which the code works, and some inputs do not.
const FEW: f64 = 0.25;
/// The same where there are enough calls to be sure.
const VERY_FEW: f64 = 0.1;
/// Enough calls for a share.
const ENOUGH: f64 = 20.0;

/// What is said of inputs, few of which fail.
const UNDERSTOOD_NOT: &str = "The code does not understand some of its inputs; most calls succeed.";

/// A text or file that cannot be understood, in few of many calls.
pub(crate) fn suspects(facts: &Facts<'_>) -> Vec<Suspect> {
    let is_of_input = has(&facts.lower, INPUT) && !facts.lower.contains("environment variable");
    let is_conflict = has(&facts.lower, CONFLICT);
    let share = facts.failing.map(|failing| share(&failing));
    let is_few = share.is_some_and(|share| share <= FEW);
    let is_very_few = share.is_some_and(|share| share <= VERY_FEW)
        && facts.failing.is_some_and(|failing| failing.recent_calls >= ENOUGH);
    let has_log = facts.evidence.log.found().is_some();
    let (weight, is_likely) = match (is_of_input, is_few) {
        (true, true) => (62, is_very_few && facts.is_unchanged()),
        (true, false) => (50, false),
        (false, true) if is_conflict || is_unparsed(&facts.lower) => (56, false),
        // A missing part is as often the code's fault, unless only some calls lack it and the code is not new.
        (false, true) if has(&facts.lower, SHAPE) && has_log && facts.is_unchanged() => (40, false),
        _ => return Vec::new(),
    };
    let statement = match (is_of_input, is_few) {
        (true, true) => UNDERSTOOD_NOT,
        (false, _) if is_conflict => "Some of its inputs contradict what is stored already; most calls succeed.",
        (false, _) if is_unparsed(&facts.lower) => UNDERSTOOD_NOT,
        (true, false) => "The code does not understand what it is given.",
        (false, _) => "Some of its inputs lack what the code expects; most calls succeed.",
    };
    // What came right before the error often says which input it was.
    let line = facts
        .lines()
        .iter()
        .rev()
        .nth(1)
        .filter(|line| !line.text.starts_with("START ") && !line.text.starts_with("INIT"));
    let line = line.map(|line| facts.line_quote(line)).filter(|quote| quote.kind == EvidenceKind::Log);
    vec![
        Suspect::likely_if(is_likely, Cause::Input, weight, statement)
            .resting_on([facts.error_quote()])
            .resting_on(line)
            .resting_on(facts.rate_quote())
            .advising(["Look at the input of the failed request, and at who sent it.".to_owned()]),
    ]
}

/// The smaller of the share of the last minutes, and of all since it began.
fn share(failing: &Failing) -> f64 {
    failing.share.min(failing.errors / failing.calls.max(1.0))
}
