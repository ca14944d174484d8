//! Counts work in flight, for those who wait for it to end.

use tokio::sync::watch;

/// A counter. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct InFlight {
    count: watch::Sender<usize>,
}

/// Work in flight until dropped.
pub(crate) struct Begun(watch::Sender<usize>);

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl InFlight {
    /// Starts counting one more.
    pub(crate) fn begin(&self) -> Begun {
        self.count.send_modify(|count| *count += 1);
        Begun(self.count.clone())
    }

    /// The current count.
    pub fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// Completes when the count is at most this.
    pub async fn until(&self, most: usize) {
        // The channel cannot close while `self` holds the sender.
        let _ = self.count.subscribe().wait_for(|count| *count <= most).await;
    }
}
