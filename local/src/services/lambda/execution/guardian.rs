//! A process that outlives the local AWS when it is killed, and then kills its functions with all their children.
//!
//! A signal at the parent's death, which only Linux has, would reach the function's process but not its children: a
//! bootstrap is often a script.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Each line names all process groups. The input ends when the local AWS does, and then those of the last line die.
const SCRIPT: &str = r#"trap '' HUP INT TERM
while read -r line; do groups=$line; done
for group in $groups; do kill -9 "-$group"; done"#;

/// The guardian; started with the first function.
#[derive(Default)]
pub(super) struct Guardian {
    running: Option<Running>,
}

struct Running {
    shell: Child,
    input: UnixStream,
}

impl Guardian {
    /// Names the groups to kill. A guardian that is gone, or no longer listens, is replaced.
    pub(super) fn guard(&mut self, groups: &BTreeSet<u32>) {
        let line = groups.iter().map(u32::to_string).collect::<Vec<_>>().join(" ") + "\n";
        if let Some(running) = &mut self.running {
            // A child that is being started elsewhere holds the other end for a moment: writing succeeds then.
            let is_alive = matches!(running.shell.try_wait(), Ok(None));
            if is_alive && running.input.write_all(line.as_bytes()).is_ok() {
                return;
            }
            self.running = None;
        }
        if groups.is_empty() {
            return;
        }
        let started = Running::start().and_then(|mut running| {
            running.input.write_all(line.as_bytes())?;
            Ok(running)
        });
        match started {
            Ok(running) => self.running = Some(running),
            Err(error) => {
                tracing::warn!(%error, "functions may outlive this process: their guardian cannot be started")
            }
        }
    }
}

impl Running {
    fn start() -> io::Result<Self> {
        let (input, read_end) = UnixStream::pair()?;
        // A guardian that does not read must not stop the functions.
        input.set_nonblocking(true)?;
        let shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(read_end)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What is sent to the group of the local AWS does not concern it.
            .process_group(0)
            .spawn()?;
        Ok(Self { shell, input })
    }
}

impl Drop for Running {
    /// Its knowledge is old, or its work done: the groups it knows may be others' by the time it would act.
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    /// A shell and its child, in one group.
    fn family() -> Child {
        Command::new("/bin/sh").args(["-c", "sleep 20 & wait"]).process_group(0).spawn().unwrap()
    }

    /// Without the guardian, it would end by itself.
    fn was_killed(mut child: Child) -> bool {
        child.wait().unwrap().signal() == Some(9)
    }

    #[test]
    fn groups_die_when_the_input_ends() {
        let (guarded, mut released) = (family(), family());
        let mut guardian = Guardian::default();
        guardian.guard(&BTreeSet::from([guarded.id(), released.id()]));
        guardian.guard(&BTreeSet::from([guarded.id()]));
        let running = guardian.running.as_mut().unwrap();
        // As the system does when this process dies.
        running.input.shutdown(std::net::Shutdown::Both).unwrap();
        running.shell.wait().unwrap();
        assert!(was_killed(guarded));
        assert!(released.try_wait().unwrap().is_none(), "no longer named");
        rustix::process::kill_process_group(rustix::process::Pid::from_child(&released), rustix::process::Signal::KILL)
            .unwrap();
        released.wait().unwrap();
    }

    #[test]
    fn a_guardian_that_is_gone_is_replaced() {
        let guarded = family();
        let groups = BTreeSet::from([guarded.id()]);
        let mut guardian = Guardian::default();
        guardian.guard(&groups);
        let running = guardian.running.as_mut().unwrap();
        running.shell.kill().unwrap();
        running.shell.wait().unwrap();
        guardian.guard(&groups);
        let running = guardian.running.as_mut().unwrap();
        running.input.shutdown(std::net::Shutdown::Both).unwrap();
        running.shell.wait().unwrap();
        assert!(was_killed(guarded));
    }
}
