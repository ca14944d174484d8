//! The months that the calendar item is known to hold, so that opening an incident rarely writes it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Months only come: what was read once stays true.
#[derive(Debug, Default)]
pub(super) struct Months {
    known: Mutex<BTreeSet<String>>,
}

impl Months {
    /// Whether none is known yet.
    pub(super) fn is_unknown(&self) -> bool {
        self.lock().is_empty()
    }

    pub(super) fn has(&self, month: &str) -> bool {
        self.lock().contains(month)
    }

    pub(super) fn remember(&self, month: &str) {
        self.lock().insert(month.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
