//! What has begun and has not ended, for those who wait for its end.

use tokio::sync::watch;

/// A number of things that go on. Clones count the same.
#[derive(Debug, Clone, Default)]
pub struct InFlight {
    count: watch::Sender<usize>,
}

/// Something that goes on until this is dropped.
pub(crate) struct Begun(watch::Sender<usize>);

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl InFlight {
    /// Begins one more.
    pub(crate) fn begin(&self) -> Begun {
        self.count.send_modify(|count| *count += 1);
        Begun(self.count.clone())
    }

    /// How many there are now.
    pub fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// Returns when there are at most so many.
    pub async fn until(&self, most: usize) {
        // An error would say that nobody counts any more, but we do.
        let _ = self.count.subscribe().wait_for(|count| *count <= most).await;
    }
}
