//! Which programs understand a stack: its schema, a number in a tag.
//!
//! It grows when a program that does not know the new form would read a stack wrongly or destroy what is in it. A stack
//! without the tag has the first one.

use super::{Observations, Observed, Ownership};
use crate::template::{SCHEMA, SCHEMA_TAG};

use super::cause::tag;

/// A newer program deployed the stack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a newer incidentctl deployed this stack: `{bearer}` has the schema `{found}`, and this program knows {SCHEMA}"
)]
pub struct NewerSchema {
    /// What bears the tag: the name or ARN in AWS.
    pub bearer: String,
    /// The schema as it stands in the tag.
    pub found: String,
}

impl NewerSchema {
    /// What the person can do.
    pub const HINT: &'static str = "update incidentctl and run it again; nothing was changed";

    /// Refuses what a tag says that this program does not understand, which is also what is no number.
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

/// Refuses a stack of which anything has a newer schema.
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
    fn only_what_this_program_knows_is_understood() {
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
            (observed(Some("2"), Ownership::Ours), true),
            (observed(Some("99"), foreign()), false),
            (observed(Some("1.5"), Ownership::Ours), true),
            (observed(Some(""), Ownership::Ours), true),
        ] {
            let found = Observations { resources: [("Table".to_owned(), observed)].into(), orphans: Vec::new() };
            assert_eq!(refuse_newer(&found).is_err(), refused, "{found:?}");
        }
    }
}
