//! Runs the README's commands verbatim, and compares what the docs show and count with what there is.

use regex::Regex;

use crate::harness::{TestResult, World, repository};

/// The prefix of the arguments in the README.
const PREFIX: &str = "$ cargo run -- ";

fn text(file: &str) -> TestResult<String> {
    Ok(std::fs::read_to_string(repository(file))?)
}

#[tokio::test]
async fn its_commands_work_in_their_order_and_the_demo_prints_what_it_shows() -> TestResult {
    let readme = text("README.md")?;
    let commands: Vec<_> = readme.lines().filter_map(|line| line.strip_prefix(PREFIX)).collect();
    assert!(commands.len() >= 8, "{commands:?}");
    let world = World::new()?;
    for command in commands {
        let arguments: Vec<_> = command.split_whitespace().collect();
        let finished = world.run(&arguments).await?.succeeded()?;
        if command == "demo" {
            compare(&readme, &excerpt(&finished.stdout)?)?;
        }
    }
    Ok(())
}

/// Blank lines of the demo's email: after its subject, what to do, why, and the log.
const GAPS: usize = 4;

/// The demo's email up to the log, and its list.
fn excerpt(output: &str) -> TestResult<String> {
    let lines: Vec<&str> = output.lines().map(str::trim_end).collect();
    let after = |start: &str| lines.iter().position(|line| line.starts_with(start)).ok_or(format!("no `{start}`"));
    let (email, list) = (&lines[after("  │ Subject:")?..], &lines[after("ID ")?..]);
    let mut gaps = email.iter().enumerate().filter(|(_, line)| **line == "  │");
    let end = gaps.nth(GAPS - 1).ok_or("the email has no end")?.0;
    let shown = email[..end].iter().chain(&["  …"]).chain(list.iter().take(2));
    Ok(shown.copied().collect::<Vec<_>>().join("\n"))
}

/// Compares the README's first block of output, but for ids, times and measurements, and for where they wrap lines. With `UPDATE_DOCS` in the environment it is
/// replaced instead.
fn compare(readme: &str, printed: &str) -> TestResult {
    let block = readme.split("\n```text\n").nth(1).and_then(|rest| rest.split("\n```\n").next());
    let shown = block.ok_or("the README shows no output")?;
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return Ok(std::fs::write(repository("README.md"), readme.replacen(shown, printed, 1))?);
    }
    let drawn = Regex::new(
        r"(right|\d+ s) before|inc-[0-9a-f-]{36}|[0-9a-f]{8}-[0-9a-f-]{27}|\([0-9a-f]{8} |\d{4}-\d\d-\d\d[ T][\d:.]+Z?|[\d:]+ UTC|[\d.]+ m?s\b|\d+ MB|[▁-█]{2,}",
    )?;
    // Lines take a moment to be readable: where asking again takes the last call, those before the request are left out.
    let start_up = Regex::new("> INIT_START.*?> START ")?;
    let known = |text: &str| {
        let unwrapped = text.replace("\n  │ ", " ");
        drawn.replace_all(&start_up.replace(&unwrapped, "> START "), "*").into_owned()
    };
    assert_eq!(known(shown), known(printed), "UPDATE_DOCS=1 replaces it");
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
    let alarms = count("Type: AWS::CloudWatch::Alarm");
    // An alarm by metric math is billed for each of its metrics.
    let metrics = alarms - usize::from(count("MetricStat:") > 0) + count("MetricStat:");
    assert!(
        !template.lines().any(|line| line.trim().starts_with("SELECT ")),
        "an alarm on a query costs by the number of functions"
    );
    let dashboards = count("Type: AWS::CloudWatch::Dashboard");
    let bill = text("docs/performance.md")?;
    for row in [
        format!("| dashboard | {dashboards} | ${}.00 |", 3 * dashboards),
        format!(
            "| alarms, on the alert path and on all functions; one is of two metrics | {alarms} | ${:.2} |",
            0.1 * metrics as f64
        ),
    ] {
        assert!(bill.lines().any(|line| line.starts_with(&row)), "no row begins with `{row}`");
    }
    Ok(())
}
