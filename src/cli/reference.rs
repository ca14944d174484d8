//! `docs/cli.md`, generated from the declarations behind `--help`, so that the two cannot differ.

use std::fmt::Write;
use std::path::Path;

use clap::{Arg, Command};

/// The reference of all commands, in Markdown.
fn reference() -> String {
    let mut root = super::command();
    root.build();
    let mut text =
        String::from("# Command line\n\n<!-- Written by `UPDATE_DOCS=1 cargo test --workspace --lib reference`. -->\n");
    let _ = writeln!(text, "\n{}\n\n## Global options\n\n{}\n", about(&root), super::environment::EXPLANATION);
    text += &options(root.get_arguments().filter(|argument| argument.is_global_set()));
    text += "\n## Exit codes\n\n0 success; 1 failure; 2 wrong usage or configuration, or pending changes with `plan --detailed-exitcode`; 130 interrupted.\n";
    for command in root.get_subcommands() {
        describe(command, "incidentctl", &mut text);
    }
    text
}

fn describe(command: &Command, parent: &str, text: &mut String) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = format!("{parent} {}", command.get_name());
    let arguments: Vec<&Arg> = command.get_arguments().filter(|argument| !argument.is_global_set()).collect();
    if !command.is_subcommand_required_set() {
        let usage = command.clone().render_usage().to_string();
        let _ = writeln!(text, "\n## {name}\n\n{}\n\n`{}`", about(command), usage.trim_start_matches("Usage: "));
        let list = options(arguments.into_iter());
        if !list.is_empty() {
            let _ = write!(text, "\n{list}");
        }
    }
    for subcommand in command.get_subcommands() {
        describe(subcommand, &name, text);
    }
}

fn about(command: &Command) -> String {
    command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default()
}

fn options<'a>(arguments: impl Iterator<Item = &'a Arg>) -> String {
    arguments.filter(|argument| !argument.is_hide_set() && argument.get_id() != "help").map(option).collect()
}

fn option(argument: &Arg) -> String {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let mut line = format!("- `{argument}`: {help}");
    let values: Vec<String> =
        argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if argument.get_action().takes_values() && !values.is_empty() {
        line += &format!(". One of {}", values.join(", "));
    }
    let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        line += &format!(" [default: {}]", defaults.join(", "));
    }
    line + "\n"
}

#[test]
fn the_reference_is_that_of_this_program() -> std::io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    let expected = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(path, expected);
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/cli.md is outdated; regenerate it: UPDATE_DOCS=1 cargo test --workspace --lib reference"
    );
    Ok(())
}
