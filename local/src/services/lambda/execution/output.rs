//! Logs a process's output line by line.

use std::io::{ErrorKind, PipeReader, PipeWriter, Read};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::unix::pipe::Receiver;

use super::journal::Journal;

/// Longer lines are cut: CloudWatch Logs accepts events up to 1 MB (256 KB until 2025).
const LINE_LIMIT: usize = 256 * 1024;

/// The read end of a pipe that standard output and standard error share, to preserve their order.
#[derive(Debug)]
pub(super) struct Output {
    lines: Arc<Mutex<Lines>>,
    pump: tokio::task::AbortHandle,
}

#[derive(Debug)]
struct Lines {
    /// The same pipe as the pump's; both read only under the lock, which keeps bytes in order.
    reader: PipeReader,
    partial: Vec<u8>,
    journal: Arc<Journal>,
}

impl Output {
    /// Creates a pipe and its reader, which writes to a log.
    ///
    /// # Errors
    /// When the system cannot create a pipe.
    pub(super) fn new(journal: Arc<Journal>) -> std::io::Result<(Self, PipeWriter)> {
        let (reader, writer) = std::io::pipe()?;
        let receiver = Receiver::from_owned_fd(OwnedFd::from(reader.try_clone()?))?;
        let lines = Arc::new(Mutex::new(Lines { reader, partial: Vec::new(), journal }));
        let pump = tokio::spawn(pump(receiver, Arc::clone(&lines))).abort_handle();
        Ok((Self { lines, pump }, writer))
    }

    /// Logs everything printed so far.
    pub(super) fn drain(&self) {
        lock(&self.lines).drain();
    }

    /// Logs everything printed until the end, including an unfinished last line.
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

/// Reads eagerly, so that the process never blocks on its log.
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
