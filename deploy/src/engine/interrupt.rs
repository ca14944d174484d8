//! Ctrl-C, and what asks for the same: the first lets calls in flight finish, the second does not wait for them.

use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Both the kernel and the shell say that a terminal is gone.
const SAME_HANGUP: Duration = Duration::from_secs(1);

/// How often the person has interrupted.
#[derive(Debug, Clone)]
pub struct Interrupt {
    receiver: watch::Receiver<usize>,
    /// Interrupts that were answered before.
    answered: usize,
}

impl Interrupt {
    /// Listens from now on, in place of the operating system, which would end the process: to SIGINT (Ctrl-C), SIGTERM
    /// (an init system or a pipeline that stops a job), and SIGHUP (a terminal that is closed).
    ///
    /// # Errors
    /// When the operating system lets nobody listen.
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

    /// Nobody interrupts.
    pub fn never() -> Self {
        let (_, receiver) = watch::channel(0);
        Self { receiver, answered: 0 }
    }

    /// As many interrupts as said, and never another.
    #[cfg(test)]
    pub(crate) fn times(count: usize) -> Self {
        let (_, receiver) = watch::channel(count);
        Self { receiver, answered: 0 }
    }

    /// The same for the work that comes next: what was interrupted so far does not stop it.
    #[must_use]
    pub fn answered(&self) -> Self {
        Self { receiver: self.receiver.clone(), answered: *self.receiver.borrow() }
    }

    /// Whether the person has interrupted.
    pub fn is_set(&self) -> bool {
        *self.receiver.borrow() > self.answered
    }

    /// Returns when the person interrupts.
    pub async fn wait(&self) {
        self.wait_for(1).await;
    }

    /// Returns when the person does so again.
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

/// Counts a signal; one that comes again sooner than that is the same one.
async fn count(mut signal: Signal, sender: watch::Sender<usize>, same: Duration) {
    let mut last: Option<Instant> = None;
    while signal.recv().await.is_some() {
        if last.is_none_or(|last| last.elapsed() >= same) {
            sender.send_modify(|count| *count += 1);
        }
        last = Some(Instant::now());
    }
}

/// Whether whoever started this process had it ignore SIGHUP, as `nohup` does; listening would undo that. Where the
/// operating system does not say (it does on Linux), nobody had.
fn is_hangup_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
}

/// `SigIgn:` is a mask in base 16, whose lowest bit stands for the signal 1, SIGHUP.
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
