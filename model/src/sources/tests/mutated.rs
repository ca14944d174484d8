//! No input panics the way from bytes to mail: any bytes, and the samples with something in them changed.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::mail::{self, MAX_BODY, MAX_SUBJECT, Notice};
use crate::notice::Reason;
use crate::{Rules, classify, read};

/// Every event that the tests know, as JSON.
static SAMPLES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = ["events", "events/lambda-error-payloads", "services"].into_iter().flat_map(|folder| {
        std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten().map(|entry| entry.path())
    });
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    files.sort();
    let values = files.iter().filter_map(|path| read(&std::fs::read(path).ok()?).ok());
    let cases = |value: Value| match value {
        Value::Array(cases) => cases.into_iter().filter_map(|case| case.get("event").cloned()).collect(),
        event => vec![event],
    };
    values.flat_map(cases).collect()
});

/// To be read once, not for every case.
static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| Rules::defaults().ok());

fn survives(bytes: &[u8]) -> Result<(), TestCaseError> {
    let rules = RULES.as_ref().ok_or_else(|| TestCaseError::fail("the built-in rules are wrong"))?;
    let Ok(delivery) = read(bytes) else { return Ok(()) };
    for one in classify(&delivery, rules).unwrap_or_default() {
        prop_assert!(!one.observation.event_id.is_empty());
        let Some(incident) = one.incident("inc-1".to_owned(), "2026-01-01T00:00:00Z".to_owned()) else { continue };
        let notice = Notice { number: 1, reason: Reason::Opened, stack: "devops" };
        let mail = mail::about(&incident, &notice);
        prop_assert!(mail.subject.len() <= MAX_SUBJECT && mail.body.len() <= MAX_BODY);
        prop_assert!(!incident.summary.is_empty() && incident.summary.lines().count() == 1, "{:?}", incident.summary);
    }
    Ok(())
}

/// Values that a field was not made for.
fn odd() -> impl Strategy<Value = Value> {
    select(vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1e308),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("\u{0}\u{202e}\u{1f4a3}\r\n"),
        json!("arn:aws"),
        json!("arn:aws:::::"),
        json!("x".repeat(5000)),
        json!("{\"a\":"),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!([{"exitCode": "1"}, null, 3]),
    ])
}

/// Puts a value in the place of the nth part.
fn replaced(value: &mut Value, nth: &mut usize, odd: &Value) -> bool {
    if *nth == 0 {
        *value = odd.clone();
        return true;
    }
    *nth -= 1;
    match value {
        Value::Array(elements) => elements.iter_mut().any(|element| replaced(element, nth, odd)),
        Value::Object(fields) => fields.values_mut().any(|field| replaced(field, nth, odd)),
        _ => false,
    }
}

fn parts(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(parts).sum(),
        Value::Object(fields) => fields.values().map(parts).sum(),
        _ => 0,
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survives(&bytes)?;
    }

    #[test]
    fn samples_with_other_values(sample in any::<Index>(), changes in prop::collection::vec((any::<Index>(), odd()), 1..6)) {
        let mut event = sample.get(&SAMPLES).clone();
        for (place, odd) in changes {
            let mut nth = place.index(parts(&event));
            replaced(&mut event, &mut nth, &odd);
        }
        survives(event.to_string().as_bytes())?;
    }

    #[test]
    fn samples_with_other_bytes(sample in any::<Index>(), changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..8)) {
        let mut bytes = sample.get(&SAMPLES).to_string().into_bytes();
        for (place, byte) in changes {
            let at = place.index(bytes.len());
            match byte % 3 {
                0 => bytes[at] = byte,
                1 => drop(bytes.drain(at..(at + usize::from(byte)).min(bytes.len()))),
                _ => bytes.insert(at, byte),
            }
            if bytes.is_empty() {
                break;
            }
        }
        survives(&bytes)?;
    }
}

#[test]
fn there_are_samples() {
    assert!(SAMPLES.len() > 200, "only {}", SAMPLES.len());
}
