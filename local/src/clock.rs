//! Scaled time.

use std::time::Duration;

/// Divides delays by a factor. Timestamps stay those of the wall clock: clients sign with it and people read them. Only
/// waiting is shortened: at a scale of 60, the minute before an async retry lasts a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    scale: f64,
}

impl Clock {
    /// A clock that runs `scale` times faster than the wall clock; a scale that is not positive means 1.
    pub fn new(scale: f64) -> Self {
        Self { scale: if scale.is_finite() && scale > 0.0 { scale } else { 1.0 } }
    }

    /// An unscaled clock.
    pub fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    /// The scaled length of an AWS delay.
    pub fn scaled(&self, delay: Duration) -> Duration {
        delay.div_f64(self.scale)
    }

    /// How long AWS's clock runs while this much time passes here: the inverse of [`Self::scaled`].
    pub fn unscaled(&self, elapsed: Duration) -> Duration {
        elapsed.mul_f64(self.scale)
    }

    /// Waits for a scaled AWS delay.
    pub async fn sleep(&self, delay: Duration) {
        tokio::time::sleep(self.scaled(delay)).await;
    }
}
