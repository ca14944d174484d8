//! What the command line accepts, and how it fails.

use std::ffi::OsString;

use insta::assert_snapshot;

use super::*;
use crate::error::Kind;
use crate::settings::Format;
use crate::ui::failure_lines;

fn arguments(line: &str) -> Vec<OsString> {
    std::iter::once("incidentctl").chain(line.split_whitespace()).map(OsString::from).collect()
}

#[test]
fn the_declaration_is_consistent() {
    command().debug_assert();
}

#[test]
fn every_flag_has_a_variable_named_after_it() {
    fn check(command: &clap::Command) {
        for argument in command.get_arguments() {
            if let Some(flag) = argument.get_long() {
                let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned());
                assert_eq!(variable, Some(environment::variable_of(flag)), "{} --{flag}", command.get_name());
            }
        }
        command.get_subcommands().for_each(check);
    }
    check(&command());
    assert_eq!(environment::variable_of("endpoint-url"), "INCIDENTCTL_ENDPOINT_URL");
}

#[test]
fn mistakes_are_usage_errors() {
    for line in [
        "",
        "upp",
        "up --emial a@b.c",
        "up --email no-address",
        "up --email a@b,c@d.e",
        "up --confirm-email",
        "up --stack 9lives",
        "up --stack has_underscore",
        "up --local --endpoint-url http://localhost:4566",
        "up -q -v",
        "up --output xml",
        "trigger-test --kind nap",
        "trigger-test --timeout 0",
        "incidents list --severity BAD",
        "incidents list --since soon",
        "incidents list --limit 3 --all",
        "incidents show",
        "silence add --source lambda --reason x",
        "silence add --source lambda --for 2h",
        "silence add --source lambda --for 2h --until 2026-01-31T12:00:00Z --reason x",
        "silence add --pattern {} --source lambda --for 2h --reason x",
        "silence add --source lambda --for soon --reason x",
        "silence end",
        "dead-letters",
        "dead-letters list --queue other",
        "dead-letters list --limit 0",
        "dead-letters show",
        "dead-letters redrive",
        "dead-letters redrive m-1 --all",
        "dead-letters redrive --all --rate 0",
        "dead-letters purge",
        "watch add",
        "watch remove",
        "local start --time-scale 0",
        "local outbox --confirm --last",
        "logs nonesuch",
    ] {
        let outcome = parse(arguments(line));
        assert_eq!(outcome.err().map(|error| error.exit_code()), Some(2), "`{line}`");
    }
}

#[test]
fn what_the_design_names_is_accepted() {
    for line in [
        "up --local --yes --email you@example.com --confirm-email --timings",
        "up --email a@b.co --email c@d.co --handler target/incident-handler --rollback",
        "plan --detailed-exitcode --output json",
        "down --yes",
        "template",
        "trigger-test --kind access-denied --timeout 30 --local",
        "incidents list --status open --status acknowledged --severity high --since 2h --limit 5",
        "incidents list --all --color never",
        "incidents ack inc-1 inc-2 --by ada --note hm",
        "incidents resolve inc-1",
        "incidents tail",
        "incidents stats --since 30d",
        "incidents export --format csv --since 2026-01-01",
        "silence add --source lambda --resource orders-* --severity high --for 2h --reason deploying --by ada",
        "silence add --incident inc-1 --until 2026-01-31T12:00:00Z --reason x",
        "silence list --output json",
        "watch add orders bills --replace --qualifier live",
        "watch remove orders",
        "watch list",
        "watch list orders --output json",
        "silence end sil-1",
        "rules check",
        "rules test a.json b.json --rules rules.yaml",
        "logs generator --follow --since 10m",
        "local start --port 4000 --time-scale 60 --latency aws --limits none --smtp 127.0.0.1:1025",
        "local outbox --confirm",
        "local outbox show 3",
        "demo --down --email you@example.com",
        "init",
        "completions bash",
    ] {
        assert!(parse(arguments(line)).is_ok(), "`{line}`: {:?}", parse(arguments(line)).err());
    }
}

#[test]
fn an_error_says_what_why_and_what_to_do() {
    let cause = std::io::Error::other("the disk is full");
    let error = CommandError::failed("cannot write the file").caused_by(cause).hint("make room");
    let lines: Vec<String> = failure_lines(&error).iter().map(ToString::to_string).collect();
    assert_snapshot!(lines.join("\n"), @r"
    error: cannot write the file
      caused by: the disk is full
    hint: make room
    ");
    let document = Ui::plain(Format::Json).failure_json(&error.detail("stage", "recorded"));
    assert_snapshot!(document, @r#"{"type":"result","ok":false,"stage":"recorded","error":{"kind":"failed","message":"cannot write the file","causes":["the disk is full"],"hints":["make room"]}}"#);
}

#[test]
fn kinds_decide_the_exit_code() {
    for (error, code) in [
        (CommandError::user("x"), ExitCode::FAILURE),
        (CommandError::failed("x"), ExitCode::FAILURE),
        (CommandError::usage("x"), ExitCode::from(2)),
        (CommandError::interrupted(), ExitCode::from(130)),
        (CommandError::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe)), ExitCode::FAILURE),
    ] {
        assert_eq!(error.exit_code(), code, "{:?}", error.kind());
    }
    assert_eq!(CommandError::from(std::io::Error::other("x")).kind(), Kind::Failed);
}
