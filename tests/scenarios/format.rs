//! The files of scenarios. A key that is not known is refused, so that a scenario is never half played.

use std::collections::BTreeMap;
use std::path::Path;

use incident_model::{Cause, Confidence};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use super::moment::Moment;
use crate::harness::TestResult;

/// The account in which scenarios play.
const ACCOUNT: &str = "111122223333";
/// Their region.
pub(super) const REGION: &str = "eu-west-1";

/// A failure with its history.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    /// The file, without its extension.
    #[serde(skip)]
    pub(super) file: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) account: Account,
    #[serde(default)]
    pub(super) history: Vec<Past>,
    #[serde(default)]
    pub(super) logs: Vec<RequestLines>,
    #[serde(default)]
    pub(super) metrics: Vec<Metric>,
    #[serde(default)]
    pub(super) incidents: Vec<Earlier>,
    #[serde(default)]
    pub(super) faults: Vec<Fault>,
    pub(super) failures: Vec<Failure>,
    pub(super) why: String,
    pub(super) source: String,
    pub(super) expect: Expected,
}

/// The account when the failure comes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    #[serde(default)]
    pub(super) functions: Vec<Function>,
}

/// A function, or what the sweep saw of it last: a snapshot has a time instead of a name, and what it lacks is as it is now.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Function {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) at: Option<Moment>,
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) runtime: Option<String>,
    #[serde(default)]
    pub(super) memory: Option<i32>,
    #[serde(default)]
    pub(super) timeout: Option<i32>,
    #[serde(default)]
    pub(super) role: Option<String>,
    #[serde(default)]
    pub(super) vpc: Option<bool>,
    #[serde(default)]
    pub(super) log_group: Option<String>,
    #[serde(default)]
    pub(super) environment: Option<Vec<String>>,
    #[serde(default)]
    pub(super) alias: Option<BTreeMap<String, Text>>,
    #[serde(default)]
    pub(super) layers: Option<Vec<String>>,
    #[serde(default)]
    pub(super) concurrency: Option<i32>,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) snapshot: Option<Box<Function>>,
}

/// A call that changed something, or a report of AWS Health.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Past {
    pub(super) at: Moment,
    #[serde(default)]
    pub(super) call: Option<String>,
    #[serde(default)]
    pub(super) function: Option<String>,
    /// The changed role. Nothing of the account depends on it.
    #[serde(default, rename = "role")]
    pub(super) _role: Option<String>,
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) set: Option<Change>,
    /// Who called. Nothing may rest on it.
    #[serde(default, rename = "by")]
    pub(super) _by: Option<String>,
    #[serde(default)]
    pub(super) health: Option<Health>,
}

/// What a call set. The account is as it is after it, so most of it is for readers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    #[serde(default, rename = "alias")]
    pub(super) _alias: Option<String>,
    #[serde(default)]
    pub(super) version: Option<Text>,
    #[serde(default, rename = "memory")]
    _memory: Option<i32>,
    #[serde(default, rename = "timeout")]
    _timeout: Option<i32>,
    #[serde(default, rename = "runtime")]
    _runtime: Option<String>,
    #[serde(default, rename = "role")]
    _role: Option<String>,
    #[serde(default, rename = "vpc")]
    _vpc: Option<bool>,
    #[serde(default, rename = "log_group")]
    _log_group: Option<String>,
    #[serde(default, rename = "environment")]
    _environment: Option<Vec<String>>,
    #[serde(default, rename = "layers")]
    _layers: Option<Vec<String>>,
    #[serde(default, rename = "concurrency")]
    _concurrency: Option<i32>,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default, rename = "tags")]
    _tags: Option<Value>,
}

/// A report of AWS Health.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Health {
    pub(super) service: String,
    pub(super) code: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) region: Option<String>,
}

/// The lines of a request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestLines {
    pub(super) function: String,
    #[serde(default)]
    pub(super) request: Option<String>,
    #[serde(deserialize_with = "lines")]
    pub(super) lines: Vec<Line>,
}

/// A line, or many of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) count: usize,
    pub(super) line: String,
}

/// A metric by the minute.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metric {
    pub(super) function: String,
    pub(super) metric: String,
    pub(super) from: Moment,
    pub(super) to: Moment,
    pub(super) each: f64,
    /// Which statistic `each` is. A minute has one value here, so that all statistics of it are the same.
    #[serde(default, rename = "stat")]
    _stat: Option<String>,
}

/// An incident that is over.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Earlier {
    pub(super) function: String,
    pub(super) opened: Moment,
    #[serde(default)]
    pub(super) resolved: Option<Moment>,
    pub(super) error_type: String,
    pub(super) error_message: String,
    #[serde(default)]
    pub(super) note: Option<String>,
}

/// What the calls of a name get for an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    pub(super) call: String,
    pub(super) answer: String,
    #[serde(default)]
    pub(super) message: String,
}

/// A failure of a function, or any other event.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    pub(super) at: Moment,
    #[serde(default)]
    pub(super) function: Option<String>,
    #[serde(default)]
    pub(super) request: Option<String>,
    #[serde(default)]
    pub(super) error_type: Option<String>,
    #[serde(default)]
    pub(super) error_message: Option<String>,
    #[serde(default)]
    pub(super) stack: Vec<String>,
    #[serde(default)]
    pub(super) event: Option<Value>,
}

/// What the alert has to say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) of: String,
    #[serde(deserialize_with = "one_or_more")]
    pub(super) cause: Vec<Cause>,
    #[serde(default)]
    pub(super) confidence: Option<Confidence>,
    #[serde(default)]
    pub(super) says: Vec<String>,
    #[serde(default)]
    pub(super) never: Vec<String>,
    #[serde(default)]
    pub(super) lines: Vec<String>,
    #[serde(default)]
    pub(super) redacted: Vec<String>,
}

/// A text that may be written as a number: a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            other => Err(de::Error::custom(format!("`{other}` is not a text"))),
        }
    }
}

fn lines<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Line>, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Repeated {
        repeat: Line,
    }
    let lines = Vec::<Value>::deserialize(deserializer)?;
    let line = |line| match line {
        Value::String(line) => Ok(Line { count: 1, line }),
        // Not an untagged enum, whose error would not name the unknown key.
        other => serde_json::from_value::<Repeated>(other).map(|repeated| repeated.repeat).map_err(de::Error::custom),
    };
    lines.into_iter().map(line).collect()
}

fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Cause>, D::Error> {
    let names = match Value::deserialize(deserializer)? {
        Value::Array(names) => names,
        name => vec![name],
    };
    let cause = |name: Value| {
        let name = name.as_str().unwrap_or_default().to_owned();
        let known = Cause::ALL.into_iter().find(|cause| cause.name() == name);
        known.ok_or_else(|| de::Error::custom(format!("`{name}` is not a cause")))
    };
    names.into_iter().map(cause).collect()
}

impl Scenario {
    /// Reads a scenario that plays in an account.
    ///
    /// # Errors
    /// Which file, where in it, and what is wrong there.
    pub(super) fn read(file: &str, yaml: &str, account: &str) -> TestResult<Self> {
        let yaml = yaml.replace(ACCOUNT, account);
        let read = yaml_serde::from_str::<Self>(&yaml).map_err(|error| format!("{file}: {error}"))?;
        let scenario = Self { file: file.trim_end_matches(".yaml").to_owned(), ..read };
        scenario.check().map_err(|problem| format!("{file}: {problem}"))?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), String> {
        if let Some(past) = self.history.iter().find(|past| past.call.is_some() == past.health.is_some()) {
            return Err(format!("history at {} s has to have either `call` or `health`", past.at.0));
        }
        if let Some(failure) = self.failures.iter().find(|one| one.function.is_some() == one.event.is_some()) {
            return Err(format!("the failure at {} s has to have either `function` or `event`", failure.at.0));
        }
        for function in &self.account.functions {
            let snapshot = function.snapshot.as_deref();
            let is_snapshot = |it: &Function| it.at.is_some() && it.name.is_empty() && it.snapshot.is_none();
            if function.name.is_empty() || function.at.is_some() || function.code.is_some() {
                return Err("a function has a `name`, and `at` and `code` only in its `snapshot`".to_owned());
            }
            if !snapshot.is_none_or(is_snapshot) {
                return Err(format!("the snapshot of {} has to have `at`, and no `name` or `snapshot`", function.name));
            }
        }
        if self.failures.is_empty() || self.expect.cause.is_empty() {
            return Err("`failures` and `expect.cause` may not be empty".to_owned());
        }
        if self.why.trim().is_empty() || self.source.trim().is_empty() {
            return Err("`why` and `source` may not be empty: a label has a reason".to_owned());
        }
        Ok(())
    }

    /// The names of its functions: those of the account, and those that only fail.
    pub(super) fn functions(&self) -> Vec<Function> {
        let mut functions = self.account.functions.clone();
        let failing = self.failures.iter().filter_map(|failure| failure.function.as_ref());
        let earlier = self.incidents.iter().map(|incident| &incident.function);
        let logging = self.logs.iter().map(|lines| &lines.function);
        for name in failing.chain(earlier).chain(logging) {
            if !functions.iter().any(|known| known.name == *name) {
                functions.push(Function { name: name.clone(), ..Function::default() });
            }
        }
        functions
    }
}

/// Every scenario of a folder, by name.
///
/// # Errors
/// See [`Scenario::read`].
pub(super) fn read_all(folder: &Path, account: &str) -> TestResult<Vec<Scenario>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    let yaml = files.iter().map(std::fs::DirEntry::path).filter(|path| path.extension().is_some_and(|it| it == "yaml"));
    yaml.map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Scenario::read(&name, &std::fs::read_to_string(&path)?, account)
    })
    .collect()
}

#[cfg(test)]
mod tests;
