//! Hostile text on the screen: whatever is recorded, logged, answered or typed, no command lets it act on a terminal, through a
//! pipe or not, and JSON keeps it exactly.

mod cases;
mod hostile;

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::harness::{Finished, TestResult, World};
use crate::incidents::table::put;
use cases::{Case, cases};
use hostile::{HOSTILE, IN_XML, NAME, act_on_a_terminal, contains, is_refused_by_a_terminal, record};

/// The commands that a user can call.
fn commands(command: &clap::Command, path: &str) -> BTreeSet<String> {
    let inner = command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help");
    let below: BTreeSet<String> =
        inner.flat_map(|inner| commands(inner, format!("{path} {}", inner.get_name()).trim())).collect();
    let is_a_command = below.is_empty() || !command.is_subcommand_required_set();
    below.into_iter().chain(is_a_command.then(|| path.to_owned())).filter(|path| !path.is_empty()).collect()
}

#[test]
fn every_command_is_attacked() {
    let attacked: BTreeSet<String> = cases().into_iter().map(|case| case.command.to_owned()).collect();
    assert_eq!(commands(&incidentctl::cli::command(), ""), attacked);
}

/// Whether a text from outside has its lines: in CSV a cell in quotation marks, and a mail.
fn has_own_lines(line: &[impl AsRef<str>]) -> bool {
    let has = |word: &str| line.iter().any(|one| one.as_ref() == word);
    has("csv") || (has("outbox") && has("show"))
}

/// Checks what a command printed through a pipe.
fn check(finished: &Finished, has_own_lines: bool) -> TestResult {
    let output = if has_own_lines { finished.stdout.replace("\r\n", "\n") } else { finished.stdout.clone() };
    for text in [&output, &finished.stderr] {
        if let Some(character) = text.chars().find(|character| act_on_a_terminal(*character)) {
            return Err(format!("{:?} in {finished:#?}", character).into());
        }
        if !has_own_lines && text.lines().any(|line| line.starts_with("FORGED")) {
            return Err(format!("a forged line in {finished:#?}").into());
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_lets_hostile_text_act_and_json_keeps_it() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    hostile::fill(&world, &aws).await?;
    let mut unexpected = Vec::new();
    for Case { command, arguments, shows, keeps, .. } in cases() {
        let line: Vec<&str> = command.split(' ').chain(arguments.iter().map(String::as_str)).collect();
        if command == "incidents tail" {
            continue;
        }
        let finished = world.run(&line).await?;
        check(&finished, has_own_lines(&line))?;
        let printed = finished.stdout.clone() + &finished.stderr;
        if printed.contains("\\u{1b}[7;31m") != shows {
            unexpected.push(format!("{finished:#?}"));
        }
        let finished = world.run(&[&line[..], &["--output", "json"]].concat()).await?;
        check(&finished, has_own_lines(&line))?;
        if keeps {
            let lines = finished.json_lines()?;
            if !contains(&lines, HOSTILE) && !contains(&lines, NAME) {
                unexpected.push(format!("{finished:#?}"));
            }
        }
        let finished = world.run(&[&line[..], &["--config", NAME]].concat()).await?;
        check(&finished, false)?;
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    Ok(())
}

/// Answers of AWS, in each of its protocols.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_of_aws_acts() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    let rule = |service: &str, message: &str| {
        json!({"service": service, "action":
            {"error": {"code": "AccessDeniedException", "message": message, "status": 400}}})
    };
    let json_rules = ["dynamodb", "lambda", "logs", "events", "sqs"].map(|service| rule(service, HOSTILE));
    let xml_rules = ["iam", "sns", "monitoring", "cloudformation"].map(|service| rule(service, IN_XML));
    let mut shown = 0;
    for rules in [json!(json_rules), json!(xml_rules), json!([rule("sts", IN_XML)])] {
        aws.break_calls(&rules).await?;
        for Case { command, refused, .. } in cases() {
            let Some(arguments) = refused else { continue };
            let line: Vec<&str> = command.split(' ').chain(arguments.iter().copied()).collect();
            for more in [&["-v"][..], &["--output", "json"]] {
                let finished = world.run(&[&line[..], more].concat()).await?;
                check(&finished, false)?;
                let printed = finished.stdout + &finished.stderr;
                shown += usize::from(printed.contains("\\u{9b}2J") || printed.contains("\\u009b2J"));
            }
        }
        aws.break_calls(&json!([])).await?;
    }
    assert!(shown > 40, "the attack reached no one: {shown}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_incident_acts_on_no_one_who_waits() -> TestResult {
    let world = World::new()?;
    let aws = world.up().await?;
    for format in ["text", "json"] {
        let arguments = ["incidents", "tail", "--local", "--output", format];
        let mut command = tokio::process::Command::from(world.command(&arguments));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let mut words = BufReader::new(child.stderr.take().ok_or("no words")?).lines();
        while words.next_line().await?.ok_or("it ended")? != "waiting for incidents; press Ctrl-C to stop" {}
        put(&aws, &record(&format!("inc-new-{format}"))).await?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let line = lines.next_line().await?.ok_or("it ended")?;
        assert!(!line.chars().any(act_on_a_terminal) && line.contains(&format!("inc-new-{format}")), "{line}");
        if format == "json" {
            assert!(contains(&[serde_json::from_str(&line)?], HOSTILE), "{line}");
        }
    }
    Ok(())
}

/// The same on a terminal, where there is colour and the layout differs. `script`, of util-linux, makes one.
#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_obeys_only_our_own_styles() -> TestResult {
    use std::io::Write as _;

    let has_script = std::process::Command::new("script").arg("--version").output();
    if !has_script.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
        writeln!(std::io::stderr(), "skipped: a look from a terminal; it needs util-linux's `script`")?;
        return Ok(());
    }
    let world = World::new()?;
    let aws = world.up().await?;
    hostile::fill(&world, &aws).await?;
    let mut unexpected = Vec::new();
    for Case { command, arguments, shows, .. } in cases() {
        if command == "incidents tail" {
            continue;
        }
        let line = command.split(' ').map(str::to_owned).chain(arguments).collect::<Vec<_>>();
        let inner = world.command(&line);
        let words = std::iter::once(inner.get_program()).chain(inner.get_args());
        let words = words.map(|word| incidentctl::settings::single_quoted(&word.to_string_lossy()));
        let mut command = tokio::process::Command::new("script");
        command.args(["-qec", &words.collect::<Vec<_>>().join(" "), "/dev/null"]).current_dir(world.home());
        command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("TERM", "xterm").stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(std::time::Duration::from_secs(60), command.output()).await??;
        let printed = String::from_utf8(output.stdout)?;
        if printed.contains("\\u{1b}[7;31m") != shows {
            unexpected.push(format!("{line:?} {printed:?}"));
        }
        assert_eq!(is_refused_by_a_terminal(&printed, has_own_lines(&line)), None, "{line:?} {printed:?}");
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    Ok(())
}
