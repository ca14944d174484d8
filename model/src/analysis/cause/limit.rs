//! A limit: memory, timeout, disk, payload, concurrency.

use super::Suspect;
use crate::analysis::facts::changes::Fresh;
use crate::analysis::facts::{Facts, quote};
use crate::analysis::function_state::Altered;
use crate::analysis::rates::MINUTE;
use crate::analysis::signs::{
    CONCURRENCY, DATABASE, HANDLES, MEMORY, PAYLOAD, QUOTA, STORAGE, THROTTLED, TIMEOUT, has, is_over_quota,
};
use crate::analysis::words::count;
use crate::analysis::{Cause, EvidenceKind, Quote, advice, aws};

/// Limits that the error names, or that metrics and report show.
pub(crate) fn suspects(facts: &Facts<'_>) -> Vec<Suspect> {
    [memory(facts), timeout(facts), slow(facts), plain(facts), quota(facts), service(facts), concurrency(facts)]
        .into_iter()
        .flatten()
        .collect()
}

/// Whether the memory was exhausted. A killed process alone may have other reasons.
pub(crate) fn is_out_of_memory(facts: &Facts<'_>) -> bool {
    let report = facts.report();
    let is_full = report.is_some_and(|report| is_full(report.memory_used, report.memory));
    let is_said = has(&facts.lower, MEMORY) || report.is_some_and(|report| report.error_type.contains("OutOfMemory"));
    is_said || is_full && has(&facts.lower, &["signal: killed", "signal: aborted"])
}

fn is_full(used: Option<u64>, of: Option<u64>) -> bool {
    matches!((used, of), (Some(used), Some(of)) if used * 100 >= of * 98)
}

/// What the platform reports of the memory.
pub(crate) fn memory_quote(facts: &Facts<'_>) -> Option<Quote> {
    let report = facts.report()?;
    let (used, memory) = (report.memory_used?, report.memory?);
    let duration = report.duration.map(|duration| format!(" after {} ms", count(duration))).unwrap_or_default();
    Some(quote(EvidenceKind::Log, None, format!("REPORT: {used} of {memory} MB memory used{duration}")))
}

fn memory(facts: &Facts<'_>) -> Option<Suspect> {
    let is_killed = facts.lower.contains("signal: killed")
        || has(&facts.lower, &["exited with code 137", "exit status 137", "exit137", "oomkilled"]);
    if !is_out_of_memory(facts) && !is_killed {
        return None;
    }
    let is_certain = is_out_of_memory(facts);
    let setting = facts.report().and_then(|report| report.memory).or_else(|| facts.state()?.memory);
    let statement = match (is_certain, setting) {
        (true, Some(setting)) if has_room(facts) => {
            format!("Its runtime was given no more memory, though it has {setting} MB.")
        }
        (true, Some(setting)) => format!("It used all of its {setting} MB of memory."),
        (true, None) => "It used all of its memory.".to_owned(),
        (false, _) => "The process was killed, as it is when its memory is exhausted.".to_owned(),
    };
    let is_new_code = facts.fresh().any(|change| is_code(&change.change.altered) && change.fresh == Fresh::Abrupt);
    let weight = if !is_certain {
        58
    } else if is_new_code {
        74
    } else {
        79
    };
    Some(
        Suspect::likely_if(is_certain, Cause::Limit, weight, statement)
            .resting_on([facts.error_quote()])
            .resting_on(memory_quote(facts))
            .advising(if has_room(facts) { Some(OWN_LIMIT.to_owned()) } else { advice::raise_memory(facts) }),
    )
}

/// What to do about a limit of memory that is none of Lambda's.
const OWN_LIMIT: &str =
    "Look for a limit of the runtime's own (--max-old-space-size, -Xmx, memory_limit), and for one large allocation.";

/// Whether the report shows that much of the memory was left.
fn has_room(facts: &Facts<'_>) -> bool {
    let report = facts.report().map(|report| (report.memory_used, report.memory));
    matches!(report, Some((Some(used), Some(of))) if used * 100 < of * 75)
}

fn is_code(altered: &Altered) -> bool {
    matches!(altered, Altered::Code { .. } | Altered::Alias { .. })
}

/// Part of the timeout that calls came near to before, in percent, which shows that they grew into it.
const NEAR: f64 = 0.75;

fn timeout(facts: &Facts<'_>) -> Option<Suspect> {
    if !has(&facts.lower, TIMEOUT) {
        return None;
    }
    let seconds = advice::timed_out_after(&facts.error).or_else(|| facts.state()?.timeout);
    let before =
        facts.evidence.rates.found().map(|rates| rates.longest(facts.first.at - 60 * MINUTE, facts.first.at - MINUTE));
    let limit = seconds.map_or(f64::MAX, |seconds| seconds as f64 * 1000.0);
    let grew = before.is_some_and(|before| before >= NEAR * limit && before < 1.01 * limit);
    let statement = match seconds {
        Some(seconds) => format!("It was not done within its timeout of {seconds} s."),
        None => "It was not done within its timeout.".to_owned(),
    };
    let near = before.filter(|_| grew).map(|before| {
        quote(
            EvidenceKind::Rate,
            None,
            format!("calls of the hour before took up to {} of {} ms", count(before), count(limit)),
        )
    });
    Some(
        Suspect::likely_if(grew && facts.is_unchanged(), Cause::Limit, if grew { 70 } else { 60 }, statement)
            .resting_on([facts.error_quote()])
            .resting_on(near)
            .advising(advice::raise_timeout(facts)),
    )
}

/// An alarm, of whatever metric, about a function whose calls come near to their timeout.
fn slow(facts: &Facts<'_>) -> Option<Suspect> {
    let is_alarm = facts.incident.source == "cloudwatch" && facts.failing.is_none() && facts.throttled.is_none();
    let rates = facts.evidence.rates.found().filter(|_| is_alarm)?;
    let limit = facts.state()?.timeout? as f64 * 1000.0;
    let longest = rates.longest(facts.now - 15 * MINUTE, facts.now);
    (longest >= NEAR * limit).then(|| {
        let near = format!("calls of the last minutes took up to {} of {} ms", count(longest), count(limit));
        Suspect::possible(Cause::Limit, 55, "Its calls take nearly as long as its timeout.")
            .resting_on([quote(EvidenceKind::Rate, None, near)])
            .advising(advice::raise_timeout(facts))
    })
}

/// Limits of which the error alone is proof.
fn plain(facts: &Facts<'_>) -> Option<Suspect> {
    let (statement, advice) = match () {
        // A database's disk is none of its own.
        () if has(&facts.lower, STORAGE) && !has(&facts.lower, DATABASE) => {
            let size = facts.state().and_then(|state| state.storage);
            let size = size.map(|size| format!(" of {size} MB")).unwrap_or_default();
            (format!("Its storage{size} is full: no space is left on the device."), advice::raise_storage(facts))
        }
        () if has(&facts.lower, PAYLOAD) => {
            let advice = "Send less at once, or pass the payload through S3.".to_owned();
            ("A payload was larger than its service takes.".to_owned(), Some(advice))
        }
        () if has(&facts.lower, HANDLES) => {
            let advice = "Close files and connections, or reuse one client for all calls: an environment has 1 024 file descriptors.".to_owned();
            ("It used all file descriptors or threads of its environment.".to_owned(), Some(advice))
        }
        () => return None,
    };
    Some(Suspect::likely(Cause::Limit, 78, statement).resting_on([facts.error_quote()]).advising(advice))
}

/// A service of AWS that takes no more calls for now.
fn service(facts: &Facts<'_>) -> Option<Suspect> {
    has(&facts.lower, THROTTLED).then(|| {
        let name = aws::service(&facts.error).map_or("A service of AWS", aws::title);
        let statement = format!("{name} throttles its calls: a quota of the account, or of the resource, is used up.");
        Suspect::possible(Cause::Limit, 72, statement)
            .resting_on([facts.error_quote()])
            .resting_on(facts.rate_quote())
            .advising([
                "Call it less often, with waits between attempts, or raise the quota or the throughput.".to_owned()
            ])
    })
}

/// A quota, of the account or of another's service.
fn quota(facts: &Facts<'_>) -> Option<Suspect> {
    (has(&facts.lower, QUOTA) || is_over_quota(&facts.lower)).then(|| {
        Suspect::possible(Cause::Limit, 64, "A quota is exhausted.")
            .resting_on([facts.error_quote()])
            .advising(["Ask for a higher quota, or use less of it.".to_owned()])
    })
}

fn concurrency(facts: &Facts<'_>) -> Option<Suspect> {
    let is_named = has(&facts.lower, CONCURRENCY) || has(&facts.lower, &["throttles", "throttled"]);
    let throttled =
        facts.throttled.filter(|throttled| throttled.throttles > 0.0 && (is_named || facts.failing.is_none()));
    if throttled.is_none() && !has(&facts.lower, CONCURRENCY) {
        return None;
    }
    let reserved = facts.state().and_then(|state| state.concurrency).filter(|reserved| *reserved > 0);
    let reached = throttled.map(|throttled| throttled.concurrency).filter(|reached| *reached > 0.0);
    let is_at_reserved =
        matches!((reached, reserved), (Some(reached), Some(reserved)) if reached >= 0.95 * reserved as f64);
    let statement = match (reserved, reached) {
        (Some(reserved), _) if is_at_reserved => {
            format!("Its calls are throttled at the {reserved} executions of its reserved concurrency.")
        }
        (_, Some(reached)) => format!("Its calls are throttled at a concurrency of {} executions.", count(reached)),
        _ => "Its calls are throttled: no concurrency is left for them.".to_owned(),
    };
    let higher = "Reserve more concurrency, or let its callers wait and repeat.".to_owned();
    Some(
        Suspect::likely_if(is_at_reserved, Cause::Limit, 76, statement)
            .resting_on(facts.rate_quote())
            .resting_on((throttled.is_none()).then(|| facts.error_quote()))
            .advising([higher]),
    )
}
