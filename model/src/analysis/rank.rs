//! Which of several causes it is.

use super::Confidence;
use super::cause::Suspect;

/// Causes whose weights differ by less are equally supported.
const EQUAL: u8 = 5;
/// Other causes that are named beside the first.
const MOST_OTHERS: usize = 3;

/// The best cause first. Of two that are equally supported, neither is likely; one cause is named once.
pub(crate) fn ranked(mut suspects: Vec<Suspect>) -> Vec<Suspect> {
    suspects.sort_by_key(|suspect| std::cmp::Reverse(suspect.weight));
    let mut ranked: Vec<Suspect> = Vec::new();
    for suspect in suspects {
        if !ranked.iter().any(|better| better.cause == suspect.cause) {
            ranked.push(suspect);
        }
    }
    ranked.truncate(1 + MOST_OTHERS);
    let best = ranked.first().map_or(0, |best| best.weight);
    let is_tied = ranked.get(1).is_some_and(|second| best - second.weight < EQUAL);
    for (place, suspect) in ranked.iter_mut().enumerate() {
        // What is not the first is not what most likely happened.
        if place > 0 || is_tied {
            suspect.confidence = Confidence::Possible;
        }
    }
    ranked
}
