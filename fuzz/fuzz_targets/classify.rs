//! The whole path of a delivery, from its bytes to the mail.

#![no_main]

use std::sync::LazyLock;

use incident_model::mail::{self, MAX_BODY, MAX_SUBJECT, Notice};
use incident_model::notice::Reason;
use incident_model::{Rules, classify, read};

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::defaults().expect("the built-in rules are right"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(delivery) = read(bytes) else { return };
    for one in classify(&delivery, &RULES).unwrap_or_default() {
        let Some(incident) = one.incident("inc-1".to_owned(), "2026-01-01T00:00:00Z".to_owned()) else { continue };
        let notice = Notice { number: 1, reason: Reason::Opened, stack: "devops" };
        let mail = mail::about(&incident, &notice);
        assert!(mail.subject.len() <= MAX_SUBJECT && mail.subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        assert!(mail.body.len() <= MAX_BODY);
    }
});
