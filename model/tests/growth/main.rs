//! How the memory that it takes to understand an event grows with a hostile input: twice the bytes may take about twice
//! as much, all in all. What is counted is exact, so the clock and the machine do not matter.
//!
//! Every byte that is handed out was zeroed, copied or written: what copies, joins, parses or collects again and again
//! is seen here. Looking at the same bytes again and again takes no memory. That is what `cargo bench -p incident-model
//! --bench growth` measures, over the same inputs, by the time that it takes.

mod counted;
mod hostile;
mod repeated;

use std::error::Error;

use incident_model::mail::{self, Notice};
use incident_model::normalise::normalise;
use incident_model::{Pattern, Reason, Rules, classify, read, redact};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use counted::bytes_of;
use hostile::{HOSTILE, crowds, event, of};
use repeated::{NAMES, PLACES, repeated};

/// The smaller of the two sizes, in bytes.
const SIZE: usize = 8 << 10;
/// How much more twice as much may take. Linear work takes twice as much, quadratic four times; lists that grow have up
/// to as much room to spare again.
const MOST: f64 = 2.5;
/// Allowance independent of the size.
const BASE: usize = 64 << 10;

/// Reads and understands an event, and writes the mail about what it means.
fn understand(bytes: &[u8], rules: &Rules) -> usize {
    bytes_of(|| {
        let Ok(event) = read(bytes) else { return };
        let classified = classify(&event, rules).unwrap_or_default();
        let notice = Notice { number: 1, reason: Reason::Opened, stack: "devops" };
        let at = "2026-01-01T00:00:00Z";
        for incident in classified.iter().filter_map(|one| one.incident("inc-1".to_owned(), at.to_owned())) {
            drop(mail::about(&incident, &notice));
        }
    })
}

/// Whatever grew more than its input.
fn growth(what: &str, small: usize, large: usize) -> Option<String> {
    let most = small as f64 * MOST + BASE as f64;
    (large as f64 > most).then(|| format!("{what}: {small} bytes, then {large}"))
}

#[test]
fn guarantee_9_hostile_texts_take_memory_as_they_are_long() -> Result<(), Box<dyn Error>> {
    let rules = Rules::defaults()?;
    let wildcard = Pattern::parse(r#"{"a": [{"wildcard": "*a*a*a*a*b"}]}"#)?;
    let mut grown = Vec::new();
    for unit in HOSTILE {
        let at = |size: usize| {
            let text = of(unit, size);
            let value = json!({ "a": text });
            [
                bytes_of(|| drop(redact(&text))),
                bytes_of(|| drop(normalise(&text))),
                bytes_of(|| drop(wildcard.mismatch(&value))),
                understand(event(&text).to_string().as_bytes(), &rules),
            ]
        };
        let (small, large) = (at(SIZE), at(2 * SIZE));
        for (at, work) in ["redact", "normalise", "wildcard", "understand"].into_iter().enumerate() {
            grown.extend(growth(&format!("{work} {unit:?}"), small[at], large[at]));
        }
    }
    assert!(grown.is_empty(), "{grown:#?}");
    Ok(())
}

#[test]
fn guarantee_9_many_things_take_memory_as_they_are_many() -> Result<(), Box<dyn Error>> {
    let rules = Rules::defaults()?;
    let at = |size| crowds(size).into_iter().map(|(what, event)| (what, event.to_string()));
    let pairs = at(SIZE).zip(at(2 * SIZE));
    let grown: Vec<_> = pairs
        .filter_map(|((what, small), (_, large))| {
            growth(what, understand(small.as_bytes(), &rules), understand(large.as_bytes(), &rules))
        })
        .collect();
    assert!(grown.is_empty(), "{grown:#?}");
    Ok(())
}

/// Something to repeat: texts from the parts that scanners look for, and JSON with them.
fn any_unit() -> impl Strategy<Value = Value> {
    let word = prop_oneof![prop::sample::select(HOSTILE).prop_map(str::to_owned), "(?s).{1,8}"];
    let text = prop::collection::vec(word, 1..6).prop_map(|words| words.concat());
    text.prop_map(Value::from).prop_recursive(4, 12, 4, |inner| {
        let name = prop_oneof![prop::sample::select(NAMES).prop_map(str::to_owned), "[a-z]{1,8}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            prop::collection::vec((name, inner.clone()), 1..4).prop_map(|fields| fields.into_iter().collect()),
            inner.prop_map(|inside| Value::from(inside.to_string())),
        ]
    })
}

/// The parts of JSON.
const TOKENS: &[&[u8]] = &[b"{", b"}", b"[", b"]", b"\"", b":", b",", b"\"a\":", b"\\u00e9", b"1e9", b"null", b" "];

/// Runs few cases: each is repeated thousands of times.
fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig { source_file: Some(file!()), ..ProptestConfig::with_cases(48) })
}

#[test]
fn guarantee_9_no_json_takes_more_memory_than_its_length_says() -> Result<(), Box<dyn Error>> {
    let rules = Rules::defaults()?;
    runner().run(&(any_unit(), 0..PLACES), |(unit, place)| {
        let at = |size| understand(repeated(&unit, place, size).to_string().as_bytes(), &rules);
        prop_assert_eq!(growth("repeated", at(SIZE), at(2 * SIZE)), None);
        Ok(())
    })?;
    Ok(())
}

#[test]
fn guarantee_9_no_bytes_take_more_memory_than_their_number_says() -> Result<(), Box<dyn Error>> {
    let rules = Rules::defaults()?;
    let piece =
        prop_oneof![prop::sample::select(TOKENS).prop_map(<[u8]>::to_vec), prop::collection::vec(any::<u8>(), 1..4)];
    runner().run(&prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat()), |unit| {
        let at = |size: usize| understand(&unit.repeat(size / unit.len()), &rules);
        prop_assert_eq!(growth("repeated", at(SIZE), at(2 * SIZE)), None);
        Ok(())
    })?;
    Ok(())
}

#[test]
fn what_copies_again_and_again_is_seen() {
    let copies = |size: usize| bytes_of(|| (0..size).for_each(|end| drop(of("a", size)[..end].to_owned())));
    assert!(growth("copies", copies(SIZE / 8), copies(SIZE / 4)).is_some());
    let once = |size: usize| bytes_of(|| drop(of("a", size)));
    assert_eq!((once(SIZE), once(2 * SIZE)), (SIZE, 2 * SIZE));
}
