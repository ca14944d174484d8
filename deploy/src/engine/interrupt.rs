//! Ctrl-C: the first lets calls in flight finish, the second does not wait for them.

use tokio::sync::watch;

/// How often the person has interrupted.
#[derive(Debug, Clone)]
pub struct Interrupt {
    receiver: watch::Receiver<usize>,
    /// Interrupts that were answered before.
    answered: usize,
}

impl Interrupt {
    /// Listens from now on, in place of the operating system, which would end the process.
    pub fn listen() -> Self {
        let (sender, receiver) = watch::channel(0);
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                sender.send_modify(|count| *count += 1);
            }
        });
        Self { receiver, answered: 0 }
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
