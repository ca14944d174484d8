//! What the system says about a process.

/// The state of a process as `/proc` names it, such as `T (stopped)`; `None` when there is no such process.
#[cfg(target_os = "linux")]
pub(super) fn of(process: u32) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("State:")).map(|state| state.trim().to_owned())
}

/// Whether a signal or a debugger has stopped a process.
pub(super) fn is_stopped(process: u32) -> bool {
    of(process).is_some_and(|state| state.to_ascii_uppercase().starts_with('T'))
}

/// The state of a process: not available on this system.
#[cfg(not(target_os = "linux"))]
pub(super) fn of(_process: u32) -> Option<String> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn a_process_has_a_state_in_words() {
        let own = super::of(std::process::id());
        assert!(own.as_deref().is_some_and(|state| state.contains('(')), "{own:?}");
        assert_eq!(super::of(u32::MAX), None);
    }
}
