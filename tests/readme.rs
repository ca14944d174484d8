//! Runs the README's commands verbatim.

use crate::harness::{TestResult, World, repository};

/// The prefix of the arguments in the README.
const PREFIX: &str = "$ cargo run -- ";

#[tokio::test]
async fn the_commands_work_in_order() -> TestResult {
    let readme = std::fs::read_to_string(repository("README.md"))?;
    let commands: Vec<_> = readme.lines().filter_map(|line| line.strip_prefix(PREFIX)).collect();
    assert!(commands.len() >= 8, "{commands:?}");
    let world = World::new()?;
    for command in commands {
        let arguments: Vec<_> = command.split_whitespace().collect();
        world.run(&arguments).await?.succeeded()?;
    }
    Ok(())
}

/// An optimised build takes several times as long; the demo must not need one.
#[test]
fn the_first_command_is_the_quick_one() -> TestResult {
    for file in ["README.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(repository(file))?;
        let first = text.lines().find_map(|line| line.strip_prefix("$ ")).ok_or("no command")?;
        assert!(first.starts_with("cargo run -- demo"), "{file} begins with `{first}`");
        assert!(!text.contains("cargo run --release"), "{file} has optimised builds");
    }
    Ok(())
}

#[test]
fn ci_runs_its_test_command() -> TestResult {
    let readme = std::fs::read_to_string(repository("README.md"))?;
    let command = readme.lines().filter_map(|line| line.strip_prefix("$ ")).find(|line| line.starts_with("cargo test"));
    let command = command.ok_or("the README has no test command")?;
    let ci = std::fs::read_to_string(repository(".ci/run"))?;
    assert!(ci.lines().any(|line| line == command), "`{command}` is not in .ci/run");
    Ok(())
}
