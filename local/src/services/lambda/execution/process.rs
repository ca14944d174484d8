//! An environment's process: started with a clean environment, killed together with all its children, also when the
//! local AWS is killed itself.

use std::io::{ErrorKind, PipeWriter};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};

use super::bounds::Bounds;
use crate::Cloud;

/// A process in its own group. Dropping it kills the group.
pub(super) struct Process {
    child: Child,
    id: u32,
    cloud: Cloud,
}

impl Process {
    /// Starts an unpacked package's `bootstrap`.
    ///
    /// # Errors
    /// The reason, in the words of Lambda's supervisor.
    pub(super) async fn start(
        cloud: &Cloud,
        task_root: &Path,
        variables: Vec<(String, String)>,
        output: PipeWriter,
        bounds: Bounds,
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
        if !cloud.lambda.pool.register(id) {
            return Err("the local AWS is shutting down".to_owned());
        }
        bounds.hold_for(id).map_err(|error| format!("cannot limit the process: {error}"))?;
        Ok(process)
    }

    /// The process id, also of its group.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// Waits for the process to exit.
    ///
    /// # Errors
    /// When the system cannot report it.
    pub(super) async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Whether the process is running.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills the group and waits, so that nothing more is printed.
    pub(super) async fn kill(&mut self) {
        kill_group(self.id);
        // SIGKILL cannot be blocked, so this wait ends.
        let _ = self.child.wait().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The group may be gone once it is empty; its id is not reused while a member lives.
        kill_group(self.id);
        self.cloud.lambda.pool.unregister(self.id);
    }
}

pub(super) fn kill_group(id: u32) {
    if let Some(group) = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have exited already.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// Executing a freshly unpacked file fails (`ETXTBSY`) while another thread that forked meanwhile still holds it open
/// for writing.
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
