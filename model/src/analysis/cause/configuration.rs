//! A changed setting.

use super::Suspect;
use crate::analysis::facts::Facts;
use crate::analysis::facts::changes::{Before, Fresh, is_less};
use crate::analysis::function_state::Altered;
use crate::analysis::signs::{
    CONCURRENCY, DATABASE, DENIED, LOADING, MEMORY, STORAGE, TIMEOUT, UNREACHABLE, has, has_word, is_answered,
};
use crate::analysis::{Cause, LogLine, advice, change_words};
use crate::quotation::named;

/// How long a setting that was lowered is the first suspect for what it makes too little, in seconds.
const WHILE: i64 = 3 * 60 * 60;

/// Settings of the function that explain the error, or changed right before.
pub(crate) fn suspects(facts: &Facts<'_>) -> Vec<Suspect> {
    let settings =
        facts.harmful().filter(|change| !matches!(change.change.altered, Altered::Code { .. } | Altered::Alias { .. }));
    settings.filter_map(|change| suspect(facts, change)).chain(none_reserved(facts)).collect()
}

fn suspect(facts: &Facts<'_>, change: &Before) -> Option<Suspect> {
    let explained = explains(facts, &change.change.altered);
    let is_abrupt = facts.is_abrupt(change);
    let (weight, is_likely) = match (&change.change.altered, change.fresh) {
        // Without a snapshot it is as likely code.
        (Altered::Something, _) if facts.evidence.history.found().is_none() => return None,
        // The error says what is missing.
        (Altered::Setting { name, .. }, _) if name == "role" && has(&facts.lower, DENIED) => return None,
        (Altered::Environment { .. }, Fresh::Old | Fresh::Weak)
            if missing_variable(facts, &change.change.altered).is_some() =>
        {
            (90, true)
        }
        (_, Fresh::Old) if explained && change.elapsed <= WHILE => (81, false),
        (_, Fresh::Old) if explained => (76, false),
        (_, Fresh::Weak) if explained => (80, false),
        (_, Fresh::Old | Fresh::Weak) => return None,
        _ if explained => (92, true),
        _ if has(&facts.lower, DENIED) || is_answered(&facts.lower) || has(&facts.lower, DATABASE) => (40, false),
        (Altered::Something, Fresh::Abrupt) if has(&facts.lower, UNREACHABLE) => (74, false),
        (Altered::Something, _) => (56, false),
        _ if has(&facts.lower, UNREACHABLE) => (45, false),
        (Altered::Setting { name, .. }, _) if is_of_size(name) => (45, false),
        (Altered::Environment { removed, .. }, _) if removed.is_empty() => (58, false),
        _ if is_abrupt => (76, facts.evidence.rates.found().is_some()),
        _ => (60, false),
    };
    let end = if explained || is_abrupt { "the errors began with it" } else { "the errors began after it" };
    let asks = missing_variable(facts, &change.change.altered).map(|name| format!("; the code reads {}", named(name)));
    let statement = format!("{}; {end}{}.", change_words::sentence(change), asks.unwrap_or_default());
    Some(
        Suspect::likely_if(is_likely, Cause::Configuration, weight, statement)
            .resting_on([change_words::evidence(change), facts.error_quote()])
            .resting_on(memory(facts).filter(|_| explained))
            .resting_on(facts.rate_quote())
            .advising(restore(facts, &change.change.altered)),
    )
}

fn is_of_size(name: &str) -> bool {
    matches!(name, "memory" | "timeout" | "storage" | "concurrency")
}

/// Whether a change is what the error is about.
fn explains(facts: &Facts<'_>, altered: &Altered) -> bool {
    let error = facts.lower.as_str();
    match altered {
        Altered::Setting { name, from, to } => match name.as_str() {
            "memory" => {
                is_less(from, to) && (super::limit::is_out_of_memory(facts) || is_halved(from, to) && is_slow(facts))
            }
            "timeout" => {
                let is_it = advice::timed_out_after(&facts.error).is_none_or(|seconds| seconds.to_string() == *to);
                is_less(from, to) && has(error, TIMEOUT) && is_it
            }
            "storage" => is_less(from, to) && has(error, STORAGE),
            "concurrency" => is_less(from, to) && (facts.throttled.is_some() || has(error, CONCURRENCY)),
            "network" => {
                has(error, UNREACHABLE) || has(error, TIMEOUT) || error.contains("eni") && error.contains("limit")
            }
            "handler" | "runtime" | "architecture" => has(error, LOADING) || error.contains("runtime.exiterror"),
            "role" => error.contains("cannot be assumed"),
            _ => false,
        },
        Altered::Environment { .. } => {
            missing_variable(facts, altered).is_some()
                || loads_otherwise(altered) && has(error, LOADING)
                || has_nothing_for(facts, altered)
        }
        Altered::Layers { .. } => {
            let is_of_another =
                is_answered(error) || [DATABASE, DENIED, UNREACHABLE].iter().any(|signs| has(error, signs));
            has(error, LOADING) || !is_of_another && (error.contains("/opt/") || error.contains("extension"))
        }
        Altered::Code { .. } | Altered::Alias { .. } | Altered::Something => false,
    }
}

/// Whether a call ran out of time by itself: with the memory, the share of a processor shrinks.
fn is_slow(facts: &Facts<'_>) -> bool {
    has(&facts.lower, TIMEOUT) && super::dependency::called_before(facts).is_none()
}

fn is_halved(from: &str, to: &str) -> bool {
    matches!((from.parse::<u64>(), to.parse::<u64>()), (Ok(from), Ok(to)) if to * 2 <= from)
}

/// Words of a line that says that a variable is not there.
const LACKS: &[&str] = &["environ", "missing", "none", "not set", "null", "required", "undefined", "unset"];

/// The removed variable that the error, the log or the failed statement names.
fn missing_variable<'c>(facts: &Facts<'_>, altered: &'c Altered) -> Option<&'c str> {
    let Altered::Environment { removed, .. } = altered else { return None };
    let statement = facts.incident.fingerprint_inputs.statement.as_str();
    let log = facts.evidence.log.found().map_or(&[][..], |log| log.lines.as_slice());
    let lacks = |line: &LogLine| has(&line.text.to_lowercase(), LACKS);
    let is_named = |name: &&String| {
        let by_log = || log.iter().any(|line| has_word(&line.text, name) && lacks(line));
        has_word(&facts.error, name) || has_word(statement, name) || by_log()
    };
    removed.iter().find(is_named).map(String::as_str)
}

/// Variables that change how code is loaded.
fn loads_otherwise(altered: &Altered) -> bool {
    const LOADERS: [&str; 8] = [
        "AWS_LAMBDA_EXEC_WRAPPER",
        "GEM_PATH",
        "JAVA_TOOL_OPTIONS",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "NODE_OPTIONS",
        "NODE_PATH",
        "PYTHONPATH",
    ];
    let Altered::Environment { added, removed } = altered else { return false };
    added.iter().chain(removed).any(|name| LOADERS.contains(&name.as_str()))
}

/// Whether the error shows that a value is missing, after a variable was removed.
fn has_nothing_for(facts: &Facts<'_>, altered: &Altered) -> bool {
    const NOTHING: &[&str] = &[
        "://undefined",
        "enotfound undefined",
        "\"undefined\"",
        "'undefined'",
        "127.0.0.1",
        "localhost",
        "is not set",
        "not configured",
        "missing environment",
        "environment variable",
        "invalid url",
        "missing required configuration",
        "://none",
        "must be set",
    ];
    matches!(altered, Altered::Environment { removed, .. } if !removed.is_empty()) && has(&facts.lower, NOTHING)
}

/// Nothing runs while none is reserved, which only a setting can do.
fn none_reserved(facts: &Facts<'_>) -> Option<Suspect> {
    let is_zero = facts.lower.contains("zeroreservedconcurrency") || facts.lower.contains("reserved concurrency is 0");
    is_zero.then(|| {
        Suspect::likely(Cause::Configuration, 88, "The reserved concurrency of the function is 0, so it never runs.")
            .resting_on([facts.error_quote()])
    })
}

/// What the platform reports of the memory.
fn memory(facts: &Facts<'_>) -> Option<crate::analysis::Quote> {
    has(&facts.lower, MEMORY).then_some(()).or(super::limit::is_out_of_memory(facts).then_some(()))?;
    super::limit::memory_quote(facts)
}

fn restore(facts: &Facts<'_>, altered: &Altered) -> Option<String> {
    match altered {
        Altered::Setting { name, from, .. } => advice::restore(facts, name, from),
        Altered::Environment { removed, .. } if !removed.is_empty() => {
            let names = change_words::some(removed);
            Some(format!(
                "Restore {names} in the environment, with the other variables: an update replaces all of them."
            ))
        }
        Altered::Environment { added, .. } => Some(format!("Look at what is new: {}.", change_words::some(added))),
        Altered::Layers { from, .. } if !from.is_empty() => {
            Some(format!("Use what it had before again: {}.", change_words::some(from)))
        }
        _ => None,
    }
}
