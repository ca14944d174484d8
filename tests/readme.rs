//! Runs the README's commands verbatim, and compares what the docs show and count with what there is.

use regex::Regex;

use crate::harness::{TestResult, World, repository};

/// The prefix of the arguments in the README.
const PREFIX: &str = "$ cargo run -- ";
/// Lines that the README leaves out.
const ELLIPSIS: &str = "…";

fn text(file: &str) -> TestResult<String> {
    Ok(std::fs::read_to_string(repository(file))?)
}

#[tokio::test]
async fn its_commands_work_in_their_order_and_print_what_it_shows() -> TestResult {
    let readme = text("README.md")?;
    let commands: Vec<_> = readme.lines().filter_map(|line| line.strip_prefix(PREFIX)).collect();
    assert!(commands.len() >= 8, "{commands:?}");
    let world = World::new()?;
    for command in commands {
        let arguments: Vec<_> = command.split_whitespace().collect();
        let finished = world.run(&arguments).await?.succeeded()?;
        if command == "demo" {
            assert_eq!(missing(shown(&readme)?, &finished.stdout)?, None, "{}", finished.stdout);
        }
    }
    Ok(())
}

/// The first block of output in the README, which is the demo's.
fn shown(readme: &str) -> TestResult<&str> {
    let block = readme.split("\n```text\n").nth(1).and_then(|rest| rest.split("\n```\n").next());
    Ok(block.ok_or("the README shows no output")?)
}

/// The first line of an excerpt that does not follow in the output, but for ids and times.
fn missing(excerpt: &str, output: &str) -> TestResult<Option<String>> {
    let drawn = Regex::new(r"inc-[0-9a-f-]{36}|\([0-9a-f]{8} |\d{4}-\d\d-\d\d[ T][\d:.]+Z?")?;
    let constant = |line: &str| drawn.replace_all(line.trim_end(), "*").into_owned();
    let mut printed = output.lines().map(constant);
    let mut expected = excerpt.lines().filter(|line| line.trim() != ELLIPSIS);
    Ok(expected.find(|line| !printed.any(|other| other == constant(line))).map(str::to_owned))
}

#[test]
fn output_that_is_not_printed_would_be_found() -> TestResult {
    let output = "one at 2026-11-27 13:54:38\ntwo (9b1147ed #1)\nthree  \n";
    assert_eq!(missing("one at 2027-01-01 00:00:00\n…\nthree", output)?, None);
    assert_eq!(
        missing("two (0a0a0a0a #1)\none at 2026-11-27 13:54:38", output)?,
        Some("one at 2026-11-27 13:54:38".to_owned())
    );
    assert_eq!(missing("two (9b1147ed #2)", output)?, Some("two (9b1147ed #2)".to_owned()));
    Ok(())
}

/// An optimised build takes several times as long; the demo must not need one.
#[test]
fn its_first_command_is_the_quick_one() -> TestResult {
    for file in ["README.md", "CONTRIBUTING.md"] {
        let text = text(file)?;
        let first = text.lines().find_map(|line| line.strip_prefix("$ ")).ok_or("no command")?;
        assert!(first.starts_with("cargo run -- demo"), "{file} begins with `{first}`");
        assert!(!text.contains("cargo run --release"), "{file} has optimised builds");
    }
    Ok(())
}

#[test]
fn ci_runs_its_test_command() -> TestResult {
    let readme = text("README.md")?;
    let command = readme.lines().filter_map(|line| line.strip_prefix("$ ")).find(|line| line.starts_with("cargo test"));
    let command = command.ok_or("the README has no test command")?;
    assert!(text(".ci/run")?.lines().any(|line| line == command), "`{command}` is not in .ci/run");
    Ok(())
}

/// The table in docs/performance.md names how many of each the template has.
#[test]
fn the_bill_counts_what_the_template_has() -> TestResult {
    let template = text("templates/incident-stack.yaml")?;
    let count = |wanted: &str| template.lines().filter(|line| line.trim() == wanted).count();
    let (alarms, queries) = (count("Type: AWS::CloudWatch::Alarm"), count("Metrics:"));
    let dashboards = count("Type: AWS::CloudWatch::Dashboard");
    let bill = text("docs/performance.md")?;
    for row in [
        format!("| dashboard | {dashboards} | ${}.00 |", 3 * dashboards),
        format!("| alarms on the alert path | {} | $0.{}0 |", alarms - queries, alarms - queries),
        format!("| alarm on the errors of every function | {queries} | $0.10 for each function |"),
    ] {
        assert!(bill.lines().any(|line| line.starts_with(&row)), "no row begins with `{row}`");
    }
    Ok(())
}
