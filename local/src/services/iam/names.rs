//! Validation of names and paths.

use crate::ApiError;

/// Checks a name: `[\w+=,.@-]+` and a length limit.
pub(super) fn check_name(parameter: &str, name: &str, longest: usize) -> Result<(), ApiError> {
    if name.len() > longest {
        return Err(ApiError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value at '{parameter}' failed to satisfy constraint: Member must have length less than or equal to {longest}"
            ),
        ));
    }
    let valid = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    match !name.is_empty() && name.chars().all(valid) {
        true => Ok(()),
        false => Err(ApiError::new(
            "ValidationError",
            format!(
                "The specified value for {parameter} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
            ),
        )),
    }
}

/// Checks a path: `/`, or text between slashes.
pub(super) fn check_path(path: &str) -> Result<(), ApiError> {
    let valid = path.starts_with('/')
        && path.ends_with('/')
        && path.len() <= 512
        && path.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    match valid {
        true => Ok(()),
        false => Err(ApiError::new(
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
        )),
    }
}
