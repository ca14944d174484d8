//! The thread that starts all function processes.
//!
//! A process that is to die with its parent dies with the thread that started it. The runtime's threads may end at any
//! time; this one lasts as long as the program.

use std::io;
use std::sync::{OnceLock, mpsc};

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// A command, and what came of it.
type Started = (Command, io::Result<Child>);

struct Job {
    command: Command,
    /// The runtime that waits for the process.
    runtime: Handle,
    answer: oneshot::Sender<Started>,
}

/// Starts a command; returns it for another attempt.
///
/// # Errors
/// When there is no such thread.
pub(super) async fn start(command: Command) -> io::Result<Started> {
    let (answer, started) = oneshot::channel();
    let job = Job { command, runtime: Handle::current(), answer };
    jobs()?.send(job).map_err(io::Error::other)?;
    started.await.map_err(io::Error::other)
}

fn jobs() -> io::Result<&'static mpsc::Sender<Job>> {
    static JOBS: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    if let Some(jobs) = JOBS.get() {
        return Ok(jobs);
    }
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new().name("launcher".to_owned()).spawn(move || work(&receiver))?;
    // Of two that come first at the same time, one keeps its thread; the other's ends.
    Ok(JOBS.get_or_init(|| sender))
}

fn work(jobs: &mpsc::Receiver<Job>) {
    for Job { mut command, runtime, answer } in jobs {
        let _runtime = runtime.enter();
        let started = command.spawn();
        // The call that wanted it may have been given up; the process is then killed.
        let _ = answer.send((command, started));
    }
}
