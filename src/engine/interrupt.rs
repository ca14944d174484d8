//! Ctrl-C: the first lets calls in flight finish.

use tokio::sync::watch;

/// Whether the person has interrupted.
#[derive(Debug, Clone)]
pub struct Interrupt {
    receiver: watch::Receiver<bool>,
}

impl Interrupt {
    /// Listens from now on. A second Ctrl-C ends the process at once, with exit code 130.
    pub fn listen() -> Self {
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                // Only a command that is over does not listen any more.
                let _ = sender.send(true);
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
        Self { receiver }
    }

    /// An interrupt that never comes.
    pub fn never() -> Self {
        let (_, receiver) = watch::channel(false);
        Self { receiver }
    }

    /// An interrupt that has come already.
    #[cfg(test)]
    pub(crate) fn at_once() -> Self {
        let (_, receiver) = watch::channel(true);
        Self { receiver }
    }

    /// Whether it has come.
    pub fn is_set(&self) -> bool {
        *self.receiver.borrow()
    }

    /// Returns when it comes.
    pub async fn wait(&mut self) {
        if self.receiver.wait_for(|interrupted| *interrupted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
