//! Access to the local AWS: a single shell line for its user's programs, none for other users.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

use crate::harness::{TestResult, World};

/// The user `nobody`.
const STRANGER: u32 = 65534;
const EXPORT: [&str; 3] = ["local", "status", "--export"];

/// Runs a shell line in the world's environment; `"$@"` is the program with these arguments.
pub(crate) fn shell(world: &World, line: &str, arguments: &[&str], variables: &[(&str, &str)]) -> TestResult<Output> {
    let program = world.command(arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", line, "sh"]).arg(program.get_program()).args(program.get_args()).env_clear();
    let environment = program.get_envs().filter_map(|(name, value)| Some((name, value?)));
    Ok(shell.envs(environment).envs(variables.iter().copied()).current_dir(world.home()).output()?)
}

#[tokio::test]
async fn the_environment_for_other_clients_is_one_shell_line() -> TestResult {
    let world = World::new()?;
    let refused = world.run(&EXPORT).await?.ended_with(1)?;
    assert_eq!(refused.stdout, "", "nothing that a shell would evaluate");
    world.run(&["local", "start"]).await?.succeeded()?;
    let status = world.run(&["local", "status", "--output", "json"]).await?.succeeded()?.json()?;
    let environment = status["environment"].as_object().ok_or("no environment")?;
    assert_eq!(environment["AWS_ENDPOINT_URL"], status["endpoint"]);
    assert_eq!(environment["AWS_REGION"], status["region"]);
    let line = "eval \"$(\"$@\")\" && env";
    let exported = shell(&world, line, &EXPORT, &[("AWS_SESSION_TOKEN", "of another account")])?;
    let exported = String::from_utf8(exported.stdout)?;
    for (name, value) in environment {
        let expected = format!("{name}={}", value.as_str().unwrap_or_default());
        assert!(exported.lines().any(|line| line == expected), "{name} is missing in {exported}");
    }
    assert!(!exported.contains("AWS_SESSION_TOKEN"), "a token of another account goes with no key of this one");
    let text = world.run(&["local", "status"]).await?.succeeded()?.stdout;
    let secret = environment["AWS_SECRET_ACCESS_KEY"].as_str().unwrap_or_default();
    assert!(secret.len() == 40 && !text.contains(secret), "what is shown to people has no secret: {text}");

    let opened = world.run(&["local", "start", "--open"]).await?.ended_with(1)?;
    assert!(opened.stderr.contains("access key of its own"), "{}", opened.stderr);
    world.run(&["local", "stop"]).await?.succeeded()?;
    let opened = world.run(&["local", "start", "--open", "--output", "json"]).await?.succeeded()?;
    assert!(opened.stderr.contains("to run code as you"), "{}", opened.stderr);
    let environment = &opened.json()?["environment"];
    assert_eq!(
        (&environment["AWS_ACCESS_KEY_ID"], &environment["AWS_SECRET_ACCESS_KEY"]),
        (&"test".into(), &"test".into())
    );
    Ok(())
}

/// The parent directories are open to all; the directory itself keeps others out, even with an umask of 0.
#[tokio::test]
async fn another_user_can_read_nothing() -> TestResult {
    let world = World::new()?;
    let started = shell(&world, "umask 000; exec \"$@\"", &["local", "start"], &[])?;
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    fs::set_permissions(world.home(), Permissions::from_mode(0o755))?;
    let folder = world.home().join("local-aws");
    for (path, expected) in
        [(folder.clone(), 0o700), (folder.join("outbox"), 0o700), (folder.join("local.json"), 0o600)]
    {
        let mode = fs::metadata(&path)?.mode() & 0o777;
        assert_eq!(mode, expected, "{} has {mode:o}", path.display());
    }
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !is_root {
        writeln!(std::io::stderr(), "skipped: another user's look at the files; only root can become one")?;
        return Ok(());
    }
    for (program, path) in [("ls", folder.clone()), ("ls", folder.join("outbox")), ("cat", folder.join("local.json"))] {
        let tried = Command::new(program).arg(&path).uid(STRANGER).gid(STRANGER).output()?;
        assert!(!tried.status.success(), "{program} {}: {}", path.display(), String::from_utf8_lossy(&tried.stdout));
    }
    Ok(())
}
