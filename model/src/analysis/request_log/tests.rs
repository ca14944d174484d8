use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const ID: &str = "d0349e5c-7cdf-44ce-b9c9-3a10778a75c5";
const OTHER: &str = "11111111-7cdf-44ce-b9c9-3a10778a75c5";

fn events(stream: &str, texts: &[&str]) -> Vec<LogEvent> {
    let event = |(number, text): (usize, &&str)| LogEvent {
        at: 1_700_000_000_000 + i64::try_from(number).unwrap_or_default(),
        stream: stream.to_owned(),
        text: text.replace("ID", ID).replace("OTHER", OTHER),
    };
    texts.iter().enumerate().map(event).collect()
}

fn log(texts: &[&str], error: &str) -> RequestLog {
    RequestLog::of("/aws/lambda/orders", &events("s", texts), Some(ID), error).unwrap_or_default()
}

fn texts(log: &RequestLog) -> Vec<&str> {
    log.lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn the_lines_between_start_and_report_are_the_requests() {
    let found = log(
        &[
            "START RequestId: OTHER Version: 41",
            "of another request",
            "END RequestId: OTHER",
            "REPORT RequestId: OTHER\tDuration: 1.00 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t",
            "START RequestId: ID Version: 42",
            "without an id",
            "[ERROR] KeyError: 'QUEUE_URL'\nTraceback (most recent call last):\n  File \"/var/task/a.py\", line 27, in handler",
            "END RequestId: ID",
            "REPORT RequestId: ID\tDuration: 41.12 ms\tBilled Duration: 42 ms\tMemory Size: 512 MB\tMax Memory Used: 83 MB\tInit Duration: 512.77 ms\tStatus: error\tError Type: Runtime.OutOfMemory",
            "START RequestId: OTHER Version: 42",
        ],
        "'QUEUE_URL'",
    );
    assert_eq!(found.error_line(), "[ERROR] KeyError: 'QUEUE_URL'");
    assert_eq!(texts(&found)[1..3], ["without an id", "[ERROR] KeyError: 'QUEUE_URL'"]);
    assert!(!texts(&found).iter().any(|line| line.contains("another") || line.contains(OTHER)), "{found:?}");
    assert_eq!(found.version, "42");
    let report = Report {
        duration: Some(41.12),
        memory: Some(512),
        memory_used: Some(83),
        init: Some(512.77),
        status: "error".to_owned(),
        error_type: "Runtime.OutOfMemory".to_owned(),
    };
    assert_eq!(found.report, Some(report));
}

#[test]
fn a_long_request_whose_start_is_not_read_keeps_its_lines_without_an_id() {
    let end =
        ["END RequestId: ID", "REPORT RequestId: ID\tDuration: 1.00 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t"];
    let lines = ["ID\tDEBUG\tpage 9", "printed", "[ERROR] KeyError: 'QUEUE_URL'"];
    let found = log(&[&lines[..], &end, &["START RequestId: OTHER Version: 1", "of another"]].concat(), "'QUEUE_URL'");
    assert_eq!((found.error_line(), texts(&found)[1]), (lines[2], "printed"));
    assert!(!texts(&found).contains(&"of another"));
}

#[test]
fn json_logs_are_read_like_texts() {
    let found = log(
        &[
            r#"{"time":"t","type":"platform.initStart","record":{"functionVersion":"7"}}"#,
            r#"{"time":"t","type":"platform.start","record":{"requestId":"ID","version":"7"}}"#,
            r#"{"level":"INFO","message":"reading","function_request_id":"ID"}"#,
            r#"{"level":"ERROR","message":"no customer","errorType":"KeyError","requestId":"ID"}"#,
            r#"{"time":"t","type":"platform.report","record":{"requestId":"ID","metrics":{"durationMs":3000.0,"billedDurationMs":3000,"memorySizeMB":128,"maxMemoryUsedMB":90},"status":"timeout"}}"#,
        ],
        "",
    );
    assert!(found.error_line().contains("no customer"), "{found:?}");
    assert_eq!((found.version.as_str(), found.lines.len()), ("7", 5));
    let report = found.report.unwrap_or_default();
    assert_eq!((report.duration, report.memory, report.memory_used), (Some(3000.0), Some(128), Some(90)));
    assert_eq!(report.status, "timeout");
}

#[test]
fn a_first_request_has_the_lines_of_its_environment_and_a_retry_is_the_last() {
    let init = [
        "INIT_START Runtime Version: x",
        "Unable to import module 'app'",
        "START RequestId: ID Version: $LATEST",
        "END RequestId: ID",
    ];
    assert_eq!(texts(&log(&init, "Unable to import module"))[..2], init[..2]);
    let retried = [
        "START RequestId: ID Version: 1",
        "first",
        "REPORT RequestId: ID\tDuration: 1 ms",
        "START RequestId: ID Version: 1",
        "second ERROR",
    ];
    let found = log(&retried, "");
    assert!(found.error_line() == "second ERROR" && !texts(&found).contains(&"first"), "{found:?}");
    let mut both = events("one", &["START RequestId: ID Version: 1", "first"]);
    both.extend(events("two", &["START RequestId: ID Version: 2", "second"]));
    let found = RequestLog::of("g", &both, Some(ID), "").unwrap_or_default();
    assert_eq!((found.stream.as_str(), found.version.as_str(), found.error_line()), ("two", "2", "second"));
}

#[test]
fn without_a_start_only_lines_with_the_id_count_and_without_an_id_all_do() {
    let lines = ["a", "ID one", "b", "ID ERROR two"];
    assert_eq!(texts(&log(&lines, "")).len(), 2);
    let task = RequestLog::of("/ecs/orders", &events("s", &["begin", "panic: nil map", "goroutine 1"]), None, "Exit2");
    assert_eq!(task.unwrap_or_default().error_line(), "panic: nil map");
    assert_eq!(RequestLog::of("g", &events("s", &["a"]), Some(ID), ""), None);
    assert_eq!(RequestLog::of("g", &[], None, ""), None);
}

#[test]
fn ten_lines_before_the_error_are_kept_within_4_kb() {
    let mut many: Vec<String> = vec!["START RequestId: ID Version: $LATEST".to_owned()];
    many.extend((0..5000).map(|number| format!("line {number} {}", "x".repeat(200))));
    many.push("ERROR the end".to_owned());
    many.extend((0..50).map(|number| format!("\tat frame {number}")));
    let found = log(&many.iter().map(String::as_str).collect::<Vec<_>>(), "");
    assert_eq!((found.error, found.lines.len(), found.until_error().len()), (Some(10), 20, 11));
    assert!(found.lines[9].text.starts_with("line 4999 "), "{found:?}");
    let long: Vec<String> = (0..30).map(|_| format!("ID ERROR {}", "é".repeat(2000))).collect();
    let found = log(&long.iter().map(String::as_str).collect::<Vec<_>>(), "");
    assert!(found.lines.iter().map(|line| line.text.len()).sum::<usize>() <= 4096 && found.lines.len() > 5);
}

#[test]
fn secrets_of_one_line_and_of_several_are_gone() {
    let key: Vec<String> = (0..30).map(|number| format!("MIIEpAIBAAKCAQEA{number:02}hidden/hidden+hidden")).collect();
    let mut lines = vec!["START RequestId: ID Version: 1".to_owned(), "-----BEGIN RSA PRIVATE KEY-----".to_owned()];
    lines.extend(key);
    lines.push("-----END RSA PRIVATE KEY-----".to_owned());
    lines.push("connecting with mysql://app:Nebel%2Bhorn88@db.example:3306/shop".to_owned());
    lines.push("password=hunter2\u{f0003}hunter2".to_owned());
    lines.push("{\n  \"password\": \"hunter2\",\n  \"a\": 1\n}".to_owned());
    lines.push("ERROR KeyError".to_owned());
    let found = log(&lines.iter().map(String::as_str).collect::<Vec<_>>(), "KeyError");
    let said = texts(&found).join("\n");
    for secret in ["hidden", "Nebel", "hunter2"] {
        assert!(!said.contains(secret), "{secret} is in {said}");
    }
    assert!(said.contains("[redacted private key]") && said.contains("ERROR KeyError"), "{said}");
}

#[test]
fn a_private_key_of_which_only_a_part_is_read_is_gone() {
    let (begin, end) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
    // It began before the first event, before the lines that are searched, or beyond what is read of a line.
    let many = ["MIIEhidden", "-----END PRIVATE KEY----- ID said\n-----BEGIN PRIVATE KEY-----"].repeat(60).join("\n");
    let long = format!("ID {}{begin}", "x".repeat(5000));
    let cut = format!("ID {}{begin}", "x".repeat(4 * 1200 - 20));
    for before in [
        vec!["MIIEhidden", "hidden==", end],
        vec![&many, "MIIEhidden", end],
        vec![&long, "MIIEhidden", end],
        vec![&cut, "MIIEhidden", end],
    ] {
        let lines = [&["START RequestId: ID Version: 1"][..], &before, &["ERROR ID KeyError"]].concat();
        for lines in [&lines[..], &lines[1..]] {
            let found = RequestLog::of("g", &events("s", lines), None, "KeyError").unwrap_or_default();
            let said = texts(&found).join("\n");
            assert!(!said.contains("hidden") && said.contains("KeyError"), "{said}");
        }
    }
}

#[test]
fn ten_megabytes_and_lines_of_256_kb_take_no_time() {
    let long = format!("ID {}", "password=hunter2 \u{1b}[31m\0 ".repeat(10_000));
    let many: Vec<LogEvent> = (0..40).flat_map(|_| events("s", &[&long])).collect();
    let short: Vec<LogEvent> = (0..100_000).flat_map(|_| events("s", &[&"ID x".repeat(5)])).collect();
    let begun = Instant::now();
    for events in [many, short] {
        let found = RequestLog::of("g", &events, Some(ID), "x").unwrap_or_default();
        assert!(!found.lines.is_empty() && !found.lines.iter().any(|line| line.text.contains("hunter2")));
        assert!(found.lines.iter().all(|line| !line.text.chars().any(char::is_control)));
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

proptest! {
    #[test]
    fn any_log_is_harmless_and_bounded(
        lines in prop::collection::vec("(?s)(START RequestId: ID |REPORT RequestId: ID |ID |INIT_START |\\{\"type\": \"platform.)?.{0,60}", 0..60),
        error in "(?s).{0,10}",
    ) {
        let found = log(&lines.iter().map(String::as_str).collect::<Vec<_>>(), &error);
        prop_assert!(found.lines.len() <= 20);
        prop_assert!(found.lines.iter().map(|line| line.text.len()).sum::<usize>() <= 4096);
        prop_assert!(found.error.is_none_or(|error| error <= 10 && error < found.lines.len()));
        let safe = |line: &LogLine| !line.text.chars().any(crate::unprintable::is_unprintable);
        prop_assert!(found.lines.iter().all(safe));
    }
}

#[test]
fn a_secret_on_the_line_after_its_name_is_gone() {
    let found = log(
        &["START RequestId: ID Version: 3", "{\n  \"password\":\n    \"hunter2\"\n}", "ERROR ID KeyError"],
        "KeyError",
    );
    let said = texts(&found).join("\n");
    assert!(said.contains("\"password\":") && said.contains("[redacted]") && !said.contains("hunter2"), "{said}");
}
