//! Shapes of secrets that collections of rules for scanners publish (gitleaks' rules, Sentry's scrubber), with values of
//! our own, and harmless messages. `leaks.tsv` has a text and its secret on each line.

use crate::redact::redact;

const LEAKS: &str = include_str!("../../../tests/secrets/leaks.tsv");
const HARMLESS: &str = include_str!("../../../tests/secrets/harmless.txt");

#[test]
fn of_published_shapes_at_most_one_in_a_hundred_survives() {
    let leaks: Vec<(String, &str)> = LEAKS
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(text, secret)| (text.replace("\\n", "\n"), secret))
        .collect();
    assert!(leaks.len() >= 200, "{} shapes", leaks.len());
    // A part of a secret is one, too.
    let tail = |secret: &str| secret.chars().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect::<String>();
    let survives = |(text, secret): &&(String, &str)| redact(text).contains(&tail(secret));
    let survived: Vec<String> = leaks.iter().filter(survives).map(|(text, _)| redact(text)).collect();
    assert!(survived.len() * 100 <= leaks.len(), "{} of {}:\n{}", survived.len(), leaks.len(), survived.join("\n"));
}

#[test]
fn of_harmless_messages_at_most_one_in_a_hundred_is_touched() {
    let messages: Vec<&str> = HARMLESS.lines().collect();
    assert!(messages.len() >= 500, "{} messages", messages.len());
    let touched: Vec<String> = messages.iter().filter(|text| redact(text) != **text).map(|text| redact(text)).collect();
    assert!(touched.len() * 100 <= messages.len(), "{} of {}:\n{}", touched.len(), messages.len(), touched.join("\n"));
}
