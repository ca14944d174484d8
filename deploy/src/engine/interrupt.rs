//! Ctrl-C and equivalent signals: the first lets calls in flight finish, the second does not wait for them.

use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// A closed terminal makes both the kernel and the shell send SIGHUP.
const SAME_HANGUP: Duration = Duration::from_secs(1);

/// The user's interrupts.
#[derive(Debug, Clone)]
pub struct Interrupt {
    receiver: watch::Receiver<usize>,
    /// Interrupts that were already handled.
    answered: usize,
}

impl Interrupt {
    /// Handles the signals that would end the process: SIGINT (Ctrl-C), SIGTERM (an init system or a pipeline that
    /// stops a job), and SIGHUP (a terminal that is closed).
    ///
    /// # Errors
    /// When the operating system rejects the signal handlers.
    pub fn listen() -> std::io::Result<Self> {
        let (sender, receiver) = watch::channel(0);
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            tokio::spawn(count(signal(kind)?, sender.clone(), Duration::ZERO));
        }
        if !is_hangup_ignored() {
            tokio::spawn(count(signal(SignalKind::hangup())?, sender, SAME_HANGUP));
        }
        Ok(Self { receiver, answered: 0 })
    }

    /// Never interrupts.
    pub fn never() -> Self {
        let (_, receiver) = watch::channel(0);
        Self { receiver, answered: 0 }
    }

    /// This many interrupts, and no more.
    #[cfg(test)]
    pub(crate) fn times(count: usize) -> Self {
        let (_, receiver) = watch::channel(count);
        Self { receiver, answered: 0 }
    }

    /// An interrupt for the next work, which earlier interrupts do not stop.
    #[must_use]
    pub fn answered(&self) -> Self {
        Self { receiver: self.receiver.clone(), answered: *self.receiver.borrow() }
    }

    /// Whether the user interrupted.
    pub fn is_set(&self) -> bool {
        *self.receiver.borrow() > self.answered
    }

    /// Returns when the user interrupts.
    pub async fn wait(&self) {
        self.wait_for(1).await;
    }

    /// Returns at the second interrupt.
    pub async fn wait_for_second(&self) {
        self.wait_for(2).await;
    }

    async fn wait_for(&self, times: usize) {
        let needed = self.answered + times;
        if self.receiver.clone().wait_for(|count| *count >= needed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Counts a signal, and ignores repetitions within `same`.
async fn count(mut signal: Signal, sender: watch::Sender<usize>, same: Duration) {
    let mut last: Option<Instant> = None;
    while signal.recv().await.is_some() {
        if last.is_none_or(|last| last.elapsed() >= same) {
            sender.send_modify(|count| *count += 1);
        }
        last = Some(Instant::now());
    }
}

/// Whether the parent process set SIGHUP to be ignored, as `nohup` does; a handler would undo that. False where `/proc`
/// does not exist.
fn is_hangup_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
}

/// `SigIgn:` is a hexadecimal mask, whose lowest bit is signal 1, SIGHUP.
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::ignores_hangup;

    #[test]
    fn nohup_is_seen_in_the_mask_of_ignored_signals() {
        for (status, ignored) in [
            ("SigBlk:\t0000000000000001\nSigIgn:\t0000000000001000\n", false),
            ("SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n", true),
            ("", false),
        ] {
            assert_eq!(ignores_hangup(status), ignored, "{status}");
        }
    }
}
