//! What a stack's status allows.

/// What a stack's status allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackState {
    /// Only a change set exists: there are no resources.
    Shell,
    /// It can be updated.
    Usable,
    /// Its creation failed: it can only be deleted.
    Dead,
    /// Its deletion failed: it can only be deleted.
    HalfDeleted,
    /// An update failed without a rollback: it can be rolled back.
    Paused,
    /// A rollback failed: it can be tried again.
    Stuck,
    /// It no longer exists.
    Deleted,
    /// An operation is in progress.
    Busy,
}

impl StackState {
    /// The meaning of a status. Unknown ones are left to CloudFormation.
    pub fn of(status: &str) -> Self {
        match status {
            "REVIEW_IN_PROGRESS" => Self::Shell,
            "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" => Self::Dead,
            "DELETE_FAILED" => Self::HalfDeleted,
            "DELETE_COMPLETE" => Self::Deleted,
            "UPDATE_FAILED" => Self::Paused,
            "UPDATE_ROLLBACK_FAILED" => Self::Stuck,
            _ if status.ends_with("_IN_PROGRESS") => Self::Busy,
            _ => Self::Usable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_meaning() {
        for (status, expected) in [
            ("CREATE_COMPLETE", StackState::Usable),
            ("CREATE_FAILED", StackState::Dead),
            ("CREATE_IN_PROGRESS", StackState::Busy),
            ("DELETE_COMPLETE", StackState::Deleted),
            ("DELETE_FAILED", StackState::HalfDeleted),
            ("DELETE_IN_PROGRESS", StackState::Busy),
            ("IMPORT_COMPLETE", StackState::Usable),
            ("IMPORT_IN_PROGRESS", StackState::Busy),
            ("IMPORT_ROLLBACK_COMPLETE", StackState::Usable),
            ("REVIEW_IN_PROGRESS", StackState::Shell),
            ("ROLLBACK_COMPLETE", StackState::Dead),
            ("ROLLBACK_FAILED", StackState::Dead),
            ("ROLLBACK_IN_PROGRESS", StackState::Busy),
            ("UPDATE_COMPLETE", StackState::Usable),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackState::Busy),
            ("UPDATE_FAILED", StackState::Paused),
            ("UPDATE_IN_PROGRESS", StackState::Busy),
            ("UPDATE_ROLLBACK_COMPLETE", StackState::Usable),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", StackState::Busy),
            ("UPDATE_ROLLBACK_FAILED", StackState::Stuck),
            ("UPDATE_ROLLBACK_IN_PROGRESS", StackState::Busy),
        ] {
            assert_eq!(StackState::of(status), expected, "{status}");
        }
    }
}
