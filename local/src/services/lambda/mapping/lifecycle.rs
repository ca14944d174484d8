//! The states of a mapping. AWS changes it in the background, here within the latency of a function.

use std::time::Instant;

use crate::ApiError;

/// What a mapping goes through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifecycle {
    change: Change,
    settles_at: Instant,
}

/// A change that the mapping's user began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Creation,
    Update,
    Enabling,
    Disabling,
    Deletion,
}

impl Lifecycle {
    /// A change that is complete at an instant.
    pub(super) fn new(change: Change, settles_at: Instant) -> Self {
        Self { change, settles_at }
    }

    fn is_settled(&self) -> bool {
        Instant::now() >= self.settles_at
    }

    /// When the change is complete.
    pub(super) fn settles_at(&self) -> Instant {
        self.settles_at
    }

    /// Whether the mapping is or will be gone.
    pub(super) fn is_deletion(&self) -> bool {
        self.change == Change::Deletion
    }

    /// Whether the mapping is gone.
    pub(super) fn is_over(&self) -> bool {
        self.is_deletion() && self.is_settled()
    }

    /// `State`.
    pub(super) fn state(&self, enabled: bool) -> &'static str {
        if self.is_settled() {
            return if enabled { "Enabled" } else { "Disabled" };
        }
        match self.change {
            Change::Creation => "Creating",
            Change::Update => "Updating",
            Change::Enabling => "Enabling",
            Change::Disabling => "Disabling",
            Change::Deletion => "Deleting",
        }
    }

    /// Rejects another change while one is in progress. `verb` is what the caller asks for.
    ///
    /// # Errors
    /// `ResourceInUseException` in AWS's words, which clients match to wait.
    pub(super) fn check_settled(&self, verb: &str) -> Result<(), ApiError> {
        if self.is_settled() {
            return Ok(());
        }
        let message = format!("Cannot {verb} the event source mapping because it is in use.");
        Err(ApiError::new("ResourceInUseException", message))
    }
}
