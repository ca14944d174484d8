//! The evidence does not say.

use super::Suspect;
use crate::analysis::facts::Facts;
use crate::analysis::{Cause, Missing};

/// What is left if nothing else fits.
pub(crate) fn suspect(facts: &Facts<'_>, missing: &[Missing]) -> Suspect {
    let statement = match (missing.is_empty(), facts.is_unchanged()) {
        (false, _) => "Nothing that was found says why; some evidence is missing.",
        (true, true) => "Nothing that was found says why: the function did not change before the first failure.",
        (true, false) => "Nothing that was found says why.",
    };
    Suspect::possible(Cause::Unknown, 20, statement).resting_on([facts.error_quote()])
}
