//! A function as it was at a time, and what changed since.

mod difference;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The settings of a function that can break it. Of its environment only the names: values may be secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FunctionState {
    /// SHA-256 of the code, as Lambda gives it.
    pub code: String,
    /// When code or settings last changed, in seconds since 1970.
    pub modified_at: Option<i64>,
    /// The version: a number or `$LATEST`.
    pub version: String,
    /// The description.
    pub description: String,
    /// The runtime, `python3.12`; empty for an image.
    pub runtime: String,
    /// The entry point.
    pub handler: String,
    /// Memory in MB.
    pub memory: Option<u64>,
    /// Timeout in seconds.
    pub timeout: Option<u64>,
    /// Size of `/tmp` in MB.
    pub storage: Option<u64>,
    /// ARN of the role.
    pub role: String,
    /// ARNs of the layers, in their order.
    pub layers: Vec<String>,
    /// Names of environment variables, sorted.
    pub environment: Vec<String>,
    /// Ids of its subnets and security groups, sorted; empty outside a VPC.
    pub network: Vec<String>,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// Its log group.
    pub log_group: String,
    /// Reserved concurrency, where it is known and there is some.
    pub concurrency: Option<u64>,
    /// Whether it is known that none is reserved.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unreserved: bool,
    /// Versions of aliases, where they are known.
    pub aliases: BTreeMap<String, String>,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Altered {
    /// The code; the version if it has a number.
    Code {
        /// The version that runs now.
        version: String,
    },
    /// An alias points to another version.
    Alias {
        /// Its name.
        name: String,
        /// The version before.
        from: String,
        /// The version now.
        to: String,
    },
    /// A setting with one value.
    Setting {
        /// Its name in our words: `memory`, `timeout`, `role`, `runtime`, `handler`, `storage`, `network`, `architecture`,
        /// `concurrency` (`none` where none is reserved), `description`, `log group`.
        name: String,
        /// The value before.
        from: String,
        /// The value now.
        to: String,
    },
    /// Environment variables came or went.
    Environment {
        /// Names that are new.
        added: Vec<String>,
        /// Names that are gone.
        removed: Vec<String>,
    },
    /// Other layers, or other versions of them.
    Layers {
        /// Layers before that are no more, with their versions.
        from: Vec<String>,
        /// Layers that are new, with their versions.
        to: Vec<String>,
    },
    /// Something that a snapshot does not hold, such as the value of a variable; known by the time alone.
    Something,
}

impl Altered {
    /// What changed, in one or two words: `code`, `alias`, the name of a setting, `environment`, `layers`, `something`.
    pub fn name(&self) -> &str {
        match self {
            Self::Code { .. } => "code",
            Self::Alias { .. } => "alias",
            Self::Setting { name, .. } => name,
            Self::Environment { .. } => "environment",
            Self::Layers { .. } => "layers",
            Self::Something => "something",
        }
    }
}

/// One change of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What.
    #[serde(flatten)]
    pub altered: Altered,
    /// When, in seconds since 1970. For an alias, and for several changes between two snapshots, the latest it can have been.
    pub at: i64,
    /// The earliest it can have been, in seconds since 1970, if `at` is not exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// Who, if CloudTrail said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What the sweep knows of a function: the item of its snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FunctionHistory {
    /// When the sweep last found it changed or new, in seconds since 1970.
    pub seen_at: i64,
    /// When its aliases and reserved concurrency, which a description lacks, were last found changed or new, in seconds
    /// since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside_at: Option<i64>,
    /// As it was then.
    pub state: FunctionState,
    /// Its latest changes between snapshots, newest first; at most [`MOST_CHANGES`].
    pub changes: Vec<Change>,
}

/// Changes that a snapshot keeps.
pub const MOST_CHANGES: usize = 5;

impl FunctionHistory {
    /// The history with a state as it is at a time, in seconds since 1970; `None` if nothing changed. What the state does not
    /// know, of aliases and reserved concurrency, stays as it was. The first state that is seen has no changes.
    #[must_use]
    pub fn seen(self, state: FunctionState, at: i64) -> Option<Self> {
        let beside_at = if state.knows_beside() { Some(at) } else { self.beside_at };
        if self.is_new() {
            return Some(Self { seen_at: at, beside_at, state, changes: Vec::new() });
        }
        let state = state.knowing(&self.state);
        if state == self.state {
            return None;
        }
        let mut changes = self.changes_until(&state, at);
        changes.truncate(MOST_CHANGES);
        Some(Self { seen_at: at, beside_at, state, changes })
    }

    /// The history with the aliases and the reserved concurrency of a state at a time, in seconds since 1970; `None` if they
    /// did not change. The rest of the state does not count.
    #[must_use]
    pub fn seen_beside(self, beside: FunctionState, at: i64) -> Option<Self> {
        let FunctionState { aliases, concurrency, unreserved, .. } = beside;
        let state = FunctionState { aliases, concurrency, unreserved, ..self.state.clone() }.knowing(&self.state);
        if self.is_new() || state == self.state {
            return None;
        }
        let mut changes = self.changes_until(&state, at);
        changes.truncate(MOST_CHANGES);
        Some(Self { beside_at: Some(at), state, changes, ..self })
    }

    /// The history when all of the function was seen unchanged at a time, in seconds since 1970, and its aliases and reserved
    /// concurrency at another: no change that is found later came before.
    #[must_use]
    pub fn unchanged_at(self, seen_at: i64, beside_at: i64) -> Self {
        if self.is_new() {
            return self;
        }
        Self { seen_at: self.seen_at.max(seen_at), beside_at: self.beside_at.map(|at| at.max(beside_at)), ..self }
    }

    /// The changes that are known when the function, or a version of it, is as it is `now`, newest first. `read_at` is the time
    /// of that, in seconds since 1970. What one of the states does not know is not compared.
    pub fn changes_until(&self, now: &FunctionState, read_at: i64) -> Vec<Change> {
        let since = difference::Since { seen_at: self.seen_at, beside_at: self.beside_at.unwrap_or(self.seen_at) };
        let latest = if self.is_new() { Vec::new() } else { difference::differences(&self.state, now, since, read_at) };
        latest.into_iter().chain(self.changes.iter().cloned()).collect()
    }

    fn is_new(&self) -> bool {
        self.seen_at == 0
    }
}

impl FunctionState {
    /// This state, with what only the former one knows.
    fn knowing(self, former: &Self) -> Self {
        let aliases = if self.aliases.is_empty() { former.aliases.clone() } else { self.aliases };
        let (concurrency, unreserved) = match (self.concurrency, self.unreserved) {
            (None, false) => (former.concurrency, former.unreserved),
            known => known,
        };
        Self { concurrency, unreserved, aliases, ..self }
    }

    /// Whether it knows what a description lacks.
    fn knows_beside(&self) -> bool {
        !self.aliases.is_empty() || self.concurrency.is_some() || self.unreserved
    }
}
