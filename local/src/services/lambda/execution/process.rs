//! The process of an environment: started clean, ended with everything it started.

use std::io::{ErrorKind, PipeWriter};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};

use crate::Cloud;

/// A process in a group of its own. Dropping it kills the group.
pub(super) struct Process {
    child: Child,
    id: u32,
    cloud: Cloud,
}

impl Process {
    /// Starts the `bootstrap` of an unpacked package.
    ///
    /// # Errors
    /// The reason in the words of Lambda's supervisor.
    pub(super) async fn start(
        cloud: &Cloud,
        task_root: &Path,
        variables: Vec<(String, String)>,
        output: PipeWriter,
    ) -> Result<Self, String> {
        let bootstrap = task_root.join("bootstrap");
        if !bootstrap.exists() {
            return Err("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]".to_owned());
        }
        let errors = output.try_clone().map_err(|error| supervisor_words(&error))?;
        let mut command = Command::new(&bootstrap);
        command
            .env_clear()
            .envs(variables)
            .current_dir(task_root)
            .stdin(Stdio::null())
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(errors))
            .process_group(0)
            .kill_on_drop(true);
        let child = spawn(&mut command).await.map_err(|error| supervisor_words(&error))?;
        let id = child.id().ok_or("the process ended before it had an id")?;
        let process = Self { child, id, cloud: cloud.clone() };
        if cloud.lambda.pool.register(id) { Ok(process) } else { Err("the local AWS is shutting down".to_owned()) }
    }

    /// The process id, which is also that of its group.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// Waits for the end of the process.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub(super) async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Whether the process still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills the group and waits for the process, so that nothing more is printed.
    pub(super) async fn kill(&mut self) {
        kill_group(self.id);
        // It was sent the signal that cannot be refused: waiting ends.
        let _ = self.child.wait().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A group without members any more may not exist; its number is not given out while a member lives.
        kill_group(self.id);
        self.cloud.lambda.pool.unregister(self.id);
    }
}

/// Kills every process of a group.
pub(super) fn kill_group(id: u32) {
    if let Some(group) = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// Starting an executable that was just unpacked fails as long as another thread, which forked in that moment, still
/// holds the file open for writing.
async fn spawn(command: &mut Command) -> std::io::Result<Child> {
    for _ in 0..100 {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            result => return result,
        }
    }
    command.spawn()
}

fn supervisor_words(error: &std::io::Error) -> String {
    let reason = match error.raw_os_error() {
        Some(8) => "exec format error".to_owned(),
        _ => match error.kind() {
            ErrorKind::PermissionDenied => "permission denied".to_owned(),
            ErrorKind::NotFound => "no such file or directory".to_owned(),
            _ => error.to_string(),
        },
    };
    format!("fork/exec /var/task/bootstrap: {reason}")
}
