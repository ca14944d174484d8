//! What earlier analyses knew of functions: an incident that gets worse minutes later needs no call for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use incident_model::analysis::FunctionHistory;

/// How long it is used, in seconds.
const VALID: i64 = 15 * 60;
/// Functions that are remembered; more are forgotten together.
const MOST: usize = 100;

/// Snapshots of functions, or that there is none, by name.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<HashMap<String, Entry>>);

#[derive(Debug)]
struct Entry {
    at: i64,
    history: Option<FunctionHistory>,
}

impl Remembered {
    /// What was known of a function a while ago: `None` if nothing is remembered.
    pub(super) fn of(&self, function: &str, now: i64) -> Option<Option<FunctionHistory>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(function).filter(|entry| now - entry.at < VALID).map(|entry| entry.history.clone())
    }

    /// Remembers what is known of a function now.
    pub(super) fn keep(&self, function: &str, history: Option<&FunctionHistory>, now: i64) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST && !entries.contains_key(function) {
            entries.clear();
        }
        entries.insert(function.to_owned(), Entry { at: now, history: history.cloned() });
    }
}
