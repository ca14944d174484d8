//! How requests name a table: by its name, or by its ARN.

use super::parameters::unmet;
use super::{Failure, invalid, no_such_resource};
use crate::arn;

/// The name of a table of this region and account, however a request names it.
///
/// # Errors
///
/// When it cannot be the name of a table, or the ARN is of another region or account: a permission for that one must not
/// open this one.
pub(super) fn checked<'n>(region: &str, given: &'n str) -> Result<&'n str, Failure> {
    let name = match given.starts_with("arn:") {
        true => own(region, given).ok_or_else(no_such_resource)?,
        false => given,
    };
    check_letters("tableName", name)?;
    match name.len() {
        3..=255 => Ok(name),
        _ => Err(invalid("TableName must be at least 3 characters long and at most 255 characters long")),
    }
}

/// What an ARN of this region's tables says behind `table/`.
pub(super) fn own<'n>(region: &str, given: &'n str) -> Option<&'n str> {
    given.strip_prefix(&arn::local("dynamodb", region, "table/"))
}

/// The letters of a name, whatever it is of.
///
/// # Errors
///
/// When there are others.
pub(super) fn check_letters(path: &str, name: &str) -> Result<(), Failure> {
    let is_legal = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    match name.chars().all(is_legal) {
        true => Ok(()),
        false => Err(unmet(path, name, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")),
    }
}
