//! Memory use of a process.

/// Peak resident memory of a process in bytes; `None` where the system does not report it and after its exit. The
/// memory limit is not enforced then.
#[cfg(target_os = "linux")]
pub(super) fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Peak resident memory of a process: not available on this system, so the limit is not enforced.
#[cfg(not(target_os = "linux"))]
pub(super) fn peak(_process: u32) -> Option<u64> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn peak_memory_is_known_for_existing_processes_only() {
        assert!(super::peak(std::process::id()).is_some_and(|bytes| bytes > 1 << 20));
        assert_eq!(super::peak(u32::MAX), None);
    }
}
