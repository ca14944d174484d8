//! What can be done with a stack, by its status.

/// What a status means for whoever wants to work on the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Only a change set was made: there are no resources.
    Shell,
    /// It can be updated.
    Usable,
    /// Its creation failed: it can only be deleted.
    Dead,
    /// Its deletion failed: it can only be deleted.
    HalfDeleted,
    /// An update failed and was left so: it can be rolled back.
    Paused,
    /// A rollback failed: it can be tried again.
    Stuck,
    /// It is gone.
    Deleted,
    /// CloudFormation works on it.
    Busy,
}

impl Standing {
    /// The meaning of a status. One that is not known is left to CloudFormation to judge.
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
            ("CREATE_COMPLETE", Standing::Usable),
            ("CREATE_FAILED", Standing::Dead),
            ("CREATE_IN_PROGRESS", Standing::Busy),
            ("DELETE_COMPLETE", Standing::Deleted),
            ("DELETE_FAILED", Standing::HalfDeleted),
            ("DELETE_IN_PROGRESS", Standing::Busy),
            ("IMPORT_COMPLETE", Standing::Usable),
            ("IMPORT_IN_PROGRESS", Standing::Busy),
            ("IMPORT_ROLLBACK_COMPLETE", Standing::Usable),
            ("REVIEW_IN_PROGRESS", Standing::Shell),
            ("ROLLBACK_COMPLETE", Standing::Dead),
            ("ROLLBACK_FAILED", Standing::Dead),
            ("ROLLBACK_IN_PROGRESS", Standing::Busy),
            ("UPDATE_COMPLETE", Standing::Usable),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Standing::Busy),
            ("UPDATE_FAILED", Standing::Paused),
            ("UPDATE_IN_PROGRESS", Standing::Busy),
            ("UPDATE_ROLLBACK_COMPLETE", Standing::Usable),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Standing::Busy),
            ("UPDATE_ROLLBACK_FAILED", Standing::Stuck),
            ("UPDATE_ROLLBACK_IN_PROGRESS", Standing::Busy),
        ] {
            assert_eq!(Standing::of(status), expected, "{status}");
        }
    }
}
