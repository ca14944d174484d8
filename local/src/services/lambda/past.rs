//! What tests bring in about functions that exist; see [`history`](crate::history).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::function::Function;
use super::settings::Vpc;
use super::store;
use crate::Cloud;
use crate::past::{HistoryError, PastTime};

/// A function as it was.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PastFunction {
    name: String,
    /// Of `$LATEST`.
    #[serde(default)]
    last_modified: Option<PastTime>,
    /// The number of the next published version: they only grow.
    #[serde(default)]
    next_version: Option<u64>,
    /// When versions were published, by number.
    #[serde(default)]
    versions: BTreeMap<String, PastTime>,
    /// ARNs of the layers of `$LATEST`, which no operation here can attach.
    #[serde(default)]
    layers: Option<Vec<String>>,
    /// Its VPC; null for none.
    #[serde(default, deserialize_with = "given")]
    vpc: Option<Option<Vpc>>,
}

/// Tells a null from an absent member.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Vpc>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl PastFunction {
    fn check(&self, function: &Function) -> Result<(), HistoryError> {
        let is_there = |version: &String| function.published.iter().any(|revision| revision.version == *version);
        if let Some(version) = self.versions.keys().find(|version| !is_there(version)) {
            return Err(HistoryError::NoVersion(self.name.clone(), version.clone()));
        }
        match self.next_version {
            Some(next) if next < function.next_version => {
                Err(HistoryError::PassedVersion(self.name.clone(), function.next_version))
            }
            _ => Ok(()),
        }
    }

    fn apply(&self, function: &mut Function) {
        if let Some(time) = self.last_modified {
            function.latest.last_modified = timestamp(time);
        }
        for revision in &mut function.published {
            if let Some(time) = self.versions.get(&revision.version) {
                revision.last_modified = timestamp(*time);
            }
        }
        function.next_version = self.next_version.unwrap_or(function.next_version);
        let settings = &mut function.latest.settings;
        if let Some(layers) = &self.layers {
            settings.layers.clone_from(layers);
        }
        if let Some(vpc) = &self.vpc {
            settings.vpc.clone_from(vpc);
        }
    }
}

fn timestamp(time: PastTime) -> Timestamp {
    Timestamp::from_millisecond(time.0).unwrap_or_default()
}

/// Changes functions of a region, or none of them.
///
/// # Errors
/// When a function or version does not exist, or a next version does.
pub(crate) fn bring_in(cloud: &Cloud, region: &str, past: &[PastFunction]) -> Result<(), HistoryError> {
    let mut functions = store::functions(cloud);
    let key = |one: &PastFunction| (region.to_owned(), one.name.clone());
    for one in past {
        let function = functions.get(&key(one)).ok_or_else(|| HistoryError::NoFunction(one.name.clone()))?;
        one.check(function)?;
    }
    for one in past {
        if let Some(function) = functions.get_mut(&key(one)) {
            one.apply(function);
        }
    }
    Ok(())
}
