//! What a process prints, line by line into its log.

use std::io::{ErrorKind, PipeReader, PipeWriter, Read};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::unix::pipe::Receiver;

use super::journal::Journal;

/// Longer lines are cut, as CloudWatch Logs takes no event over 1 MB (256 KB until 2025).
const LINE_LIMIT: usize = 256 * 1024;

/// The reading end of standard output and standard error, which share one pipe so that their order is kept.
#[derive(Debug)]
pub(super) struct Output {
    lines: Arc<Mutex<Lines>>,
    pump: tokio::task::AbortHandle,
}

#[derive(Debug)]
struct Lines {
    /// The same pipe as the pump's; both read only under the lock, so bytes stay in order.
    reader: PipeReader,
    partial: Vec<u8>,
    journal: Arc<Journal>,
}

impl Output {
    /// A pipe, and its reader into a log.
    ///
    /// # Errors
    /// When the system gives no pipe.
    pub(super) fn new(journal: Arc<Journal>) -> std::io::Result<(Self, PipeWriter)> {
        let (reader, writer) = std::io::pipe()?;
        let receiver = Receiver::from_owned_fd(OwnedFd::from(reader.try_clone()?))?;
        let lines = Arc::new(Mutex::new(Lines { reader, partial: Vec::new(), journal }));
        let pump = tokio::spawn(pump(receiver, Arc::clone(&lines))).abort_handle();
        Ok((Self { lines, pump }, writer))
    }

    /// Writes to the log all that has been printed by now.
    pub(super) fn drain(&self) {
        lock(&self.lines).drain();
    }

    /// Writes to the log all that was ever printed, the last line even if it was not ended.
    pub(super) fn finish(&self) {
        let mut lines = lock(&self.lines);
        lines.drain();
        let partial = std::mem::take(&mut lines.partial);
        if !partial.is_empty() {
            lines.journal.write([text(&partial)]);
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

/// Reads whenever there is something, so that the process never waits for its log.
async fn pump(receiver: Receiver, lines: Arc<Mutex<Lines>>) {
    let mut buffer = vec![0; 16 * 1024];
    while receiver.readable().await.is_ok() {
        let mut lines = lock(&lines);
        match receiver.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => lines.take(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

impl Lines {
    fn drain(&mut self) {
        let mut buffer = vec![0; 16 * 1024];
        // The pump has made the pipe non-blocking.
        while let Ok(count) = self.reader.read(&mut buffer) {
            if count == 0 {
                return;
            }
            self.take(&buffer[..count]);
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.partial.extend_from_slice(bytes);
        let mut complete = Vec::new();
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            complete.push(text(&line));
        }
        if self.partial.len() >= LINE_LIMIT {
            complete.push(text(&std::mem::take(&mut self.partial)));
        }
        self.journal.write(complete);
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end_matches(['\n', '\r']).to_owned()
}

fn lock(lines: &Mutex<Lines>) -> MutexGuard<'_, Lines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}
