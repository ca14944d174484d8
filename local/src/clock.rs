//! Time that can run faster than the wall clock.

use std::time::Duration;

/// Delays divided by a factor. Timestamps stay those of the wall clock: clients sign with it, and records are read by
/// people. Only waiting is shortened: a minute before an async retry lasts a second at a scale of 60.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    scale: f64,
}

impl Clock {
    /// A clock that runs `scale` times faster than the wall clock; anything not above zero means 1.
    pub fn new(scale: f64) -> Self {
        Self { scale: if scale.is_finite() && scale > 0.0 { scale } else { 1.0 } }
    }

    /// The wall clock.
    pub fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    /// How long a delay of AWS lasts here.
    pub fn scaled(&self, delay: Duration) -> Duration {
        delay.div_f64(self.scale)
    }

    /// Waits for a delay of AWS.
    pub async fn sleep(&self, delay: Duration) {
        tokio::time::sleep(self.scaled(delay)).await;
    }
}
