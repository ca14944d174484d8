//! Standard output, which may close before the command ends, and standard error. The only place that writes to either.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, OnceLock};

use super::Line;
use super::harmless::Harmless;
use super::line::printable;

/// Standard output of this process, and its state.
#[derive(Debug, Clone, Default)]
pub(super) struct Output(Arc<OnceLock<End>>);

#[derive(Debug, Clone, Copy)]
enum End {
    /// The reader closed it, as `head` does. That is not a failure, and it hides none: the command continues, and
    /// its outcome decides the exit code.
    ReaderLeft,
    /// It accepts no more data, as on a full disk. Each later write fails too, so that the failure cannot be missed.
    Broken(ErrorKind, Option<i32>),
}

impl Output {
    /// Writes everything, or nothing once the reader has left.
    ///
    /// # Errors
    /// If the stream fails now or failed before.
    pub(super) fn write(&self, text: &Harmless) -> io::Result<()> {
        self.write_to(&mut io::stdout().lock(), text.as_str().as_bytes())
    }

    fn write_to(&self, stream: &mut impl Write, data: &[u8]) -> io::Result<()> {
        if self.0.get().is_none() {
            let Err(error) = stream.write_all(data).and_then(|()| stream.flush()) else { return Ok(()) };
            self.0.get_or_init(|| match error.kind() {
                ErrorKind::BrokenPipe => End::ReaderLeft,
                kind => End::Broken(kind, error.raw_os_error()),
            });
        }
        match self.0.get() {
            Some(End::Broken(_, Some(code))) => Err(io::Error::from_raw_os_error(*code)),
            Some(End::Broken(kind, None)) => Err((*kind).into()),
            Some(End::ReaderLeft) | None => Ok(()),
        }
    }

    /// Whether the reader has left.
    pub(super) fn reader_left(&self) -> bool {
        matches!(self.0.get(), Some(End::ReaderLeft))
    }
}

/// Writes to standard error.
pub(super) fn report(text: &Harmless) {
    // A closed standard error cannot be reported anywhere.
    let _ = io::stderr().lock().write_all(text.as_str().as_bytes());
}

/// Writes a question to standard error; the answer is typed behind it.
///
/// # Errors
/// If standard error is closed.
pub(super) fn ask(question: &str) -> io::Result<()> {
    // Not locked while waiting: an interrupt must be able to print.
    let mut stderr = io::stderr().lock();
    write!(stderr, "{} ", printable(question))?;
    stderr.flush()
}

/// Writes the log to standard error, one line for each write.
#[derive(Debug)]
pub(super) struct Log;

impl Write for Log {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        let line = Line::from(String::from_utf8_lossy(entry).trim_end_matches('\n'));
        report(&Harmless::lines([&line], false));
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails every write in the same way, and counts them.
    struct Refusing(ErrorKind, usize);

    impl Write for Refusing {
        fn write(&mut self, _data: &[u8]) -> io::Result<usize> {
            self.1 += 1;
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_failure_and_a_full_disk_stays_one() {
        for (kind, left) in [(ErrorKind::BrokenPipe, true), (ErrorKind::StorageFull, false)] {
            let (output, mut stream) = (Output::default(), Refusing(kind, 0));
            for _ in 0..2 {
                let written = output.write_to(&mut stream, b"line\n").map_err(|error| error.kind());
                assert_eq!(written, if left { Ok(()) } else { Err(kind) });
            }
            assert_eq!((output.reader_left(), stream.1), (left, 1), "{kind}");
        }
    }
}
