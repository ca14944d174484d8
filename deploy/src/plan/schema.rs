//! The schema of a stack, a number in a tag: which versions understand it.
//!
//! It increases when older versions would misread a stack or destroy its contents. A stack without the tag has
//! schema 1.

use super::{Observations, Observed, Ownership};
use crate::template::{SCHEMA, SCHEMA_TAG};

use super::cause::tag;

/// A newer version deployed the stack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a newer incidentctl deployed this stack: `{bearer}` has the schema `{found}`, and this version supports {SCHEMA}"
)]
pub struct NewerSchema {
    /// Name or ARN of the tagged resource.
    pub bearer: String,
    /// The tag's value.
    pub found: String,
}

impl NewerSchema {
    /// The remedy.
    pub const HINT: &'static str = "update incidentctl and run it again; nothing was changed";

    /// Rejects a tag value that this version does not support, including anything but a number.
    ///
    /// # Errors
    /// A schema that is newer.
    pub fn refuse(bearer: &str, found: Option<&str>) -> Result<(), Self> {
        match found {
            Some(found) if found.parse::<u64>().is_ok_and(|schema| schema <= SCHEMA) => Ok(()),
            Some(found) => Err(Self { bearer: bearer.to_owned(), found: found.to_owned() }),
            None => Ok(()),
        }
    }
}

/// Rejects a stack with any resource of a newer schema.
///
/// # Errors
/// The first such resource.
pub fn refuse_newer(observations: &Observations) -> Result<(), NewerSchema> {
    let orphans = observations.orphans.iter().map(|(_, observed)| observed);
    let is_ours = |observed: &&Observed| observed.ownership == Ownership::Ours;
    let mut ours = observations.resources.values().chain(orphans).filter(is_ours);
    ours.try_for_each(|observed| NewerSchema::refuse(&observed.physical_id, tag(&observed.properties, SCHEMA_TAG)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_supported_schemas_are_accepted() {
        let observed = |schema: Option<&str>, ownership| {
            let tags: Vec<_> = schema.iter().map(|schema| json!({"Key": SCHEMA_TAG, "Value": schema})).collect();
            Observed { physical_id: "devops-incidents".into(), properties: json!({"Tags": tags}), ownership }
        };
        let foreign = || Ownership::Foreign { why: String::new() };
        let known = SCHEMA.to_string();
        for (observed, refused) in [
            (observed(None, Ownership::Ours), false),
            (observed(Some("1"), Ownership::Ours), false),
            (observed(Some(&known), Ownership::Ours), false),
            (observed(Some("3"), Ownership::Ours), true),
            (observed(Some("99"), foreign()), false),
            (observed(Some("1.5"), Ownership::Ours), true),
            (observed(Some(""), Ownership::Ours), true),
        ] {
            let found = Observations { resources: [("Table".to_owned(), observed)].into(), orphans: Vec::new() };
            assert_eq!(refuse_newer(&found).is_err(), refused, "{found:?}");
        }
    }
}
