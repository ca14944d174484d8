//! How requests name a table: by its name, or by its ARN.

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
    check("TableName", "tableName", name).map(|()| name)
}

/// What an ARN of this region's tables says behind `table/`.
pub(super) fn own<'n>(region: &str, given: &'n str) -> Option<&'n str> {
    given.strip_prefix(&arn::local("dynamodb", region, "table/"))
}

/// Refuses what cannot be the name of a table or an index.
pub(super) fn check(member: &str, path: &str, name: &str) -> Result<(), Failure> {
    let legal = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    if !name.chars().all(legal) {
        let must = "satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
        return Err(super::parameters::unmet(path, name, must));
    }
    if !(3..=255).contains(&name.len()) {
        return Err(invalid(format!("{member} must be at least 3 characters long and at most 255 characters long")));
    }
    Ok(())
}
