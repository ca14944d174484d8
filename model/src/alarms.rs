//! The alarms of a stack: names that the template, the handler and the command line share.

/// Name of a stack's alarm on the errors of every function.
pub fn function_errors(stack: &str) -> String {
    format!("{stack}{FUNCTION_ERRORS}")
}

/// Whether an alarm of the stack monitors functions rather than the alert path.
pub fn is_of_functions(name: &str) -> bool {
    name.ends_with(FUNCTION_ERRORS)
}

const FUNCTION_ERRORS: &str = "-function-errors";
