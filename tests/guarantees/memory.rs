//! Memory use of the local AWS and its functions over time.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

const INTERVAL: Duration = Duration::from_millis(250);

/// Resident memory at one moment, in kilobytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sample {
    /// The local AWS.
    pub(super) cloud: u64,
    /// The largest function process.
    pub(super) function: u64,
    /// Number of function processes.
    pub(super) functions: usize,
}

/// Samples in the background until stopped.
pub(super) struct Sampler {
    samples: Arc<Mutex<Vec<Sample>>>,
    task: JoinHandle<()>,
}

impl Sampler {
    /// Samples a local AWS by process id.
    pub(super) fn start(cloud: u64) -> Self {
        let samples: Arc<Mutex<Vec<Sample>>> = Arc::default();
        let into = Arc::clone(&samples);
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(INTERVAL);
            loop {
                ticks.tick().await;
                into.lock().unwrap_or_else(PoisonError::into_inner).push(sample(cloud));
            }
        });
        Self { samples, task }
    }

    /// Stops sampling.
    pub(super) fn samples(self) -> Vec<Sample> {
        self.task.abort();
        std::mem::take(&mut *self.samples.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A figure's maximum in the middle third of the samples, and in the last: a leak grows.
pub(super) fn middle_and_last_peak(samples: &[Sample], figure: impl Fn(&Sample) -> u64) -> (u64, u64) {
    let third = samples.len() / 3;
    let largest = |part: &[Sample]| part.iter().map(&figure).max().unwrap_or_default();
    (largest(&samples[third..2 * third]), largest(&samples[2 * third..]))
}

fn sample(cloud: u64) -> Sample {
    let functions: Vec<u64> = children(cloud).into_iter().map(resident).collect();
    Sample {
        cloud: resident(cloud),
        function: functions.iter().copied().max().unwrap_or_default(),
        functions: functions.len(),
    }
}

/// A process that has exited uses no memory.
fn resident(process: u64) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

fn children(process: u64) -> Vec<u64> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect()
}
