//! An environment variable for every flag, derived by one rule so that none is forgotten.

use clap::builder::{BoolishValueParser, ValueParser};
use clap::{Arg, ArgAction, Command};

/// The rule, as `--help` shows it.
pub(super) const EXPLANATION: &str = "Every flag has an environment variable: --endpoint-url is INCIDENTCTL_ENDPOINT_URL. A flag wins over its variable, \
     and both win over the configuration file.";

/// Adds the variable to every flag of a command and its subcommands.
pub(super) fn with_variables(command: Command) -> Command {
    let command = command.mut_args(with_variable);
    command.mut_subcommands(with_variables)
}

/// The variable of a flag: `--time-scale` is `INCIDENTCTL_TIME_SCALE`.
pub(super) fn variable_of(flag: &str) -> String {
    format!("INCIDENTCTL_{}", flag.to_ascii_uppercase().replace('-', "_"))
}

fn with_variable(argument: Arg) -> Arg {
    let Some(flag) = argument.get_long().map(str::to_owned) else { return argument };
    // A variable always has a value, so a switch must accept one: `INCIDENTCTL_LOCAL=1`.
    let argument = match argument.get_action() {
        ArgAction::SetTrue => argument.value_parser(ValueParser::new(BoolishValueParser::new())),
        _ => argument,
    };
    argument.env(variable_of(&flag)).hide_env(true)
}
