//! The alarms of a stack: names that the template, the handler and the command line share.

/// The alarm on the errors of every function, of a stack.
pub fn function_errors(stack: &str) -> String {
    format!("{stack}{FUNCTION_ERRORS}")
}

/// Whether an alarm of the stack looks at functions and not at the alert path.
pub fn is_of_functions(name: &str) -> bool {
    name.ends_with(FUNCTION_ERRORS)
}

const FUNCTION_ERRORS: &str = "-function-errors";
