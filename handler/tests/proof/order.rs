//! Everything delivered twice, in any order, many at once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use incident_handler::handler::Handler;
use incident_model::{Outcome, Rules, Severity, classify};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::account::{Account, TestResult, delivered};
use crate::events::failure;

/// Deliveries at a time.
const AT_ONCE: usize = 16;
/// Handlers at once on one fingerprint.
const CROWD: usize = 180;
/// Failures at once, of which the hundredth makes their incident worse.
const BURST: usize = 150;
/// How often Lambda delivers an event.
const ATTEMPTS: usize = 3;
/// Orders of the samples.
const SEEDS: [u64; 2] = [1, 2];

#[tokio::test(flavor = "multi_thread")]
async fn guarantee_2_samples_delivered_twice_in_any_order_are_counted_once() -> TestResult {
    let events = samples()?;
    let expected = expected(&events)?;
    assert!(expected.len() > 30, "{expected:?}");
    for seed in SEEDS {
        let account = Account::new().await?;
        let twice = shuffled([events.clone(), events.clone()].concat(), seed);
        deliver(&account, twice, AT_ONCE).await?;
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        for incident in account.incidents().await? {
            *counted.entry(incident.fingerprint).or_default() += incident.occurrences;
        }
        // Whether an alarm on a function's errors says anything new depends on what came before.
        counted.retain(|fingerprint, _| expected.contains_key(fingerprint));
        let missed: Vec<_> = expected
            .iter()
            .map(|(fingerprint, count)| (fingerprint, count, counted.get(fingerprint).copied().unwrap_or_default()))
            .filter(|(_, expected, counted)| *expected != counted)
            .collect();
        assert!(missed.is_empty(), "seed {seed}: {missed:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn guarantee_3_hundreds_of_handlers_on_one_fingerprint_lose_no_count() -> TestResult {
    let account = Account::new().await?;
    let events = (0..CROWD).map(|number| failure("orders", &format!("e{}", number % (CROWD / 2)))).collect();
    deliver(&account, events, CROWD).await?;
    let incidents = account.settled().await?;
    let counts: Vec<_> = incidents.iter().map(|one| (one.resource.as_str(), one.occurrences)).collect();
    assert_eq!(counts, [("orders", CROWD as u64 / 2)]);
    let subjects = account.subjects().await?;
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    let conflicts = account.aws.calls().iter().filter(|call| call.status == Some(400)).count();
    writeln!(std::io::stderr(), "{CROWD} handlers on one fingerprint: {conflicts} conflicts")?;
    assert!(conflicts > 0, "the handlers did not meet");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_escalation_in_a_burst_is_mailed() -> TestResult {
    let account = Account::new().await?;
    let events = (0..BURST).map(|number| failure("orders", &format!("e{number}"))).collect();
    deliver(&account, events, BURST).await?;
    let incidents = account.settled().await?;
    let found: Vec<_> = incidents.iter().map(|one| (one.severity, one.occurrences)).collect();
    assert_eq!(found, [(Severity::High, BURST as u64)]);
    let subjects = account.subjects().await?;
    assert!(subjects.iter().any(|subject| subject.starts_with("[HIGH] ")), "{subjects:?}");
    Ok(())
}

/// Delivers all with limited concurrency, each to its own handler, and as often as Lambda does.
async fn deliver(account: &Account, events: Vec<Value>, at_once: usize) -> TestResult {
    let mut events = events.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < at_once {
            let Some(event) = events.next() else { break };
            let handler = account.handler()?;
            running.spawn(async move { insisted(&handler, &event).await });
        }
        match running.join_next().await {
            Some(delivered) => delivered??,
            None => return Ok(()),
        }
    }
}

async fn insisted(handler: &Handler, event: &Value) -> TestResult {
    let mut answer = delivered(handler, event).await;
    for _ in 1..ATTEMPTS {
        if answer.is_ok() {
            break;
        }
        answer = delivered(handler, event).await;
    }
    answer.map(drop)
}

/// How many different events of each fingerprint the samples hold, as classification says, which is pure. Documentation
/// gives one id to messages that differ; which of them is counted depends on the order, so they are left out.
fn expected(events: &[Value]) -> TestResult<BTreeMap<String, u64>> {
    let rules = Rules::defaults()?;
    let mut fingerprints: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for event in events {
        for one in classify(event, &rules)? {
            let is_alarm_on_errors = one.observation.attributes.get("lambda_errors") == Some(&Value::Bool(true));
            if one.outcome == Outcome::Incident && !is_alarm_on_errors {
                fingerprints
                    .entry(one.observation.event_id.clone())
                    .or_default()
                    .insert(one.fingerprint.digest.clone());
            }
        }
    }
    let ambiguous: BTreeSet<String> =
        fingerprints.values().filter(|of_id| of_id.len() > 1).flatten().cloned().collect();
    let mut counts = BTreeMap::new();
    for fingerprint in fingerprints.into_values().flatten().filter(|fingerprint| !ambiguous.contains(fingerprint)) {
        *counts.entry(fingerprint).or_default() += 1;
    }
    Ok(counts)
}

/// The sample events of the repository.
fn samples() -> TestResult<Vec<Value>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/events");
    let index: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("INDEX.json"))?)?;
    let read = |entry: &Value| -> TestResult<Value> {
        let text = std::fs::read_to_string(folder.join(entry["file"].as_str().ok_or("an entry without a file")?))?;
        // Some of the collected files begin with a byte order mark.
        Ok(serde_json::from_str(text.trim_start_matches('\u{feff}'))?)
    };
    index.iter().map(read).collect()
}

/// Fisher and Yates's shuffle with Marsaglia's xorshift: the same order for the same seed.
fn shuffled<T>(mut list: Vec<T>, seed: u64) -> Vec<T> {
    let mut state = seed;
    for last in (1..list.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let chosen = usize::try_from(state % (last as u64 + 1)).unwrap_or_default();
        list.swap(last, chosen);
    }
    list
}
