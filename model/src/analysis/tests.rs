//! Causes, table-driven: a function that worked, what came before its failure, and what is said about it.

mod invariants;
mod kinds;

use super::*;
use crate::incident::Incident;
use crate::severity::Severity;
use crate::time::rfc3339;
use serde_json::json;

/// 10:00:07 UTC, when it failed first.
const ZERO: i64 = 1_767_261_607;
const MINUTE: i64 = 60;

/// A failure with what was before it; by default of a function that did not change.
struct Case {
    incident: Incident,
    evidence: Evidence,
}

impl Case {
    fn of(class: &str, message: &str) -> Result<Self, serde_json::Error> {
        let at = rfc3339(ZERO);
        let incident = serde_json::from_value(json!({
            "incident_id": "inc-1", "status": "open", "severity": "HIGH", "summary": format!("orders failed: {message}"),
            "recommendation": "Look.", "created_at": at, "last_seen_at": at, "last_failed_at": at, "occurrences": 1,
            "fingerprint": "v2:00", "source": "lambda", "resource": "orders", "account": "111122223333", "region": "eu-west-1",
            "error_type": class, "error_message": message, "rule": "r",
        }))?;
        let history = FunctionHistory { seen_at: ZERO - 30 * MINUTE, state: state(), ..FunctionHistory::default() };
        let evidence = Evidence {
            function: Gathered::Found(state()),
            history: Gathered::Found(history),
            rates: Gathered::Found(rates(20.0, 20.0, 0)),
            around: Gathered::Found(Vec::new()),
            ..Evidence::default()
        };
        Ok(Self { incident, evidence })
    }

    /// The function was updated so long before.
    fn updated(mut self, seconds: i64, update: impl FnOnce(&mut FunctionState)) -> Self {
        let mut now = FunctionState { modified_at: Some(ZERO - seconds), ..state() };
        update(&mut now);
        self.evidence.function = Gathered::Found(now);
        self
    }

    fn failing(mut self, errors: f64, minutes: i64) -> Self {
        self.evidence.rates = Gathered::Found(rates(20.0, errors, minutes));
        self
    }

    fn logged(mut self, lines: &[&str]) -> Self {
        let event = |text: &&str| LogEvent { at: ZERO * 1000, stream: "s".to_owned(), text: (*text).to_owned() };
        let events: Vec<LogEvent> = lines.iter().map(event).collect();
        if let Some(log) = RequestLog::of("g", &events, None, &self.incident.error_message) {
            self.evidence.log = Gathered::Found(log);
        }
        self
    }

    fn beside(mut self, source: &str, resource: &str, class: &str, ago: i64) -> Self {
        let one = Neighbour {
            incident_id: format!("inc-{resource}"),
            source: source.to_owned(),
            resource: resource.to_owned(),
            region: "eu-west-1".to_owned(),
            error_type: class.to_owned(),
            summary: format!("{resource} failed"),
            began_at: ZERO - ago,
            is_resolved: false,
            is_drill: false,
        };
        if let Gathered::Found(around) = &mut self.evidence.around {
            around.push(one);
        }
        self
    }

    fn called_by(mut self, alias: &str, version: &str) -> Self {
        self.incident.origin = [(origin::ALIAS, alias), (origin::VERSION, version)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        self
    }

    fn analysis(&self) -> Analysis {
        analyse(&self.incident, &self.evidence, ZERO + 2)
    }
}

fn state() -> FunctionState {
    FunctionState {
        code: "old".to_owned(),
        modified_at: Some(ZERO - 30 * 86_400),
        version: "$LATEST".to_owned(),
        runtime: "python3.12".to_owned(),
        handler: "app.handler".to_owned(),
        memory: Some(512),
        timeout: Some(30),
        storage: Some(512),
        role: "arn:aws:iam::111122223333:role/orders-role".to_owned(),
        environment: vec!["QUEUE_URL".to_owned(), "TABLE".to_owned()],
        concurrency: Some(50),
        aliases: [("live".to_owned(), "41".to_owned())].into(),
        ..FunctionState::default()
    }
}

/// Three hours of calls until five minutes ago, and those of the last minutes, of which some fail.
fn rates(calls: f64, errors: f64, minutes: i64) -> Rates {
    let ago = (0..180).rev().filter(|ago| *ago <= minutes || *ago >= 5);
    let minute = |ago: i64| {
        let errors = if ago <= minutes { errors } else { 0.0 };
        let at = ZERO - ZERO.rem_euclid(MINUTE) - ago * MINUTE;
        Minute { at, invocations: calls, errors, ..Minute::default() }
    };
    Rates { minutes: ago.map(minute).collect(), day_before: Vec::new(), until: ZERO + 2 }
}

type Tested = Result<(), Box<dyn std::error::Error>>;

fn is(case: &Case, cause: Cause, confidence: Confidence, says: &[&str]) {
    let found = case.analysis();
    assert_eq!((found.cause, found.confidence), (cause, confidence), "{found:#?}");
    let mut said = found.statement.clone();
    found.evidence.iter().for_each(|quote| said.extend(["\n", quote.text.as_str()]));
    for word in says {
        assert!(said.contains(word), "{word} is not in {said}");
    }
}

#[test]
fn code_that_was_deployed_right_before_is_the_cause() -> Tested {
    use {Cause::*, Confidence::*};
    let broken = || Case::of("TypeError", "Cannot read properties of undefined (reading 'amount')");
    let deployed = |case: Case, ago| case.updated(ago, |state| state.code = "new".to_owned());
    is(&deployed(broken()?, 190), Deployment, Likely, &["3 min before the first failure", "20 of 20 calls fail"]);
    is(&deployed(broken()?, 190).failing(3.0, 0), Deployment, Likely, &["the errors began with it"]);
    is(&deployed(broken()?, 20 * MINUTE), Unknown, Possible, &[]);
    is(&deployed(broken()?, -40), Unknown, Possible, &[]);
    is(&deployed(broken()?, 100).failing(20.0, 9), Unknown, Possible, &[]);
    let unseen = Case {
        evidence: Evidence { history: Gathered::Missing(WhyMissing::None), ..deployed(broken()?, 190).evidence },
        ..broken()?
    };
    is(&unseen, Deployment, Possible, &["without a snapshot"]);
    let blind = Case {
        evidence: Evidence { rates: Gathered::Missing(WhyMissing::Late), ..deployed(broken()?, 190).evidence },
        ..broken()?
    };
    is(&blind, Deployment, Possible, &["3 min"]);
    Ok(())
}

#[test]
fn the_executed_version_decides() -> Tested {
    use {Cause::*, Confidence::*};
    let broken = || Case::of("TypeError", "x is undefined");
    is(&broken()?.called_by("live", "42"), Deployment, Likely, &["alias live", "41", "42"]);
    let other = broken()?.updated(190, |state| (state.code, state.version) = ("new".to_owned(), "43".to_owned()));
    is(&other.called_by("live", "41"), Unknown, Possible, &[]);
    let unpublished = broken()?.updated(190, |state| state.code = "new".to_owned());
    is(&unpublished.called_by("live", "41"), Unknown, Possible, &[]);
    let moved = broken()?.called_by("live", "42").analysis();
    let back = "Roll back to version 41: `aws lambda update-alias --function-name orders --name live --function-version 41 --region eu-west-1`.";
    assert_eq!(moved.advice, [back]);
    Ok(())
}

#[test]
fn a_setting_is_the_cause_of_what_it_explains() -> Tested {
    use {Cause::*, Confidence::*};
    let killed = || {
        Ok::<_, serde_json::Error>(Case::of("Runtime.OutOfMemory", "signal: killed")?.logged(&[
        "START RequestId: r Version: $LATEST",
        "signal: killed",
        "REPORT RequestId: r\tDuration: 9.00 ms\tMemory Size: 512 MB\tMax Memory Used: 512 MB\tError Type: Runtime.OutOfMemory",
    ]))
    };
    let memory = |case: Case, from: u64, ago: i64| {
        let Gathered::Found(history) = &case.evidence.history else { return case };
        let before = FunctionState { memory: Some(from), ..history.state.clone() };
        let history = Gathered::Found(FunctionHistory { state: before, ..history.clone() });
        Case { evidence: Evidence { history, ..case.evidence }, ..case }.updated(ago, |_| ())
    };
    is(&memory(killed()?, 1024, 190), Configuration, Likely, &["lowered from 1024 to 512 MB", "512 of 512 MB"]);
    is(&memory(killed()?, 256, 190), Limit, Likely, &["all of its 512 MB of memory"]);
    is(&memory(killed()?, 1024, 100 * MINUTE), Configuration, Possible, &["1024"]);
    let raise = killed()?.analysis().advice;
    assert_eq!(
        raise,
        [
            "Raise the memory from 512 to 1024 MB: `aws lambda update-function-configuration --function-name orders --memory-size 1024 --region eu-west-1`."
        ]
    );
    let missing = |name: &str| {
        let removed = |state: &mut FunctionState| state.environment.retain(|variable| variable != "QUEUE_URL");
        Ok::<_, serde_json::Error>(Case::of("KeyError", &format!("'{name}'"))?.updated(190, removed))
    };
    is(&missing("QUEUE_URL")?, Configuration, Likely, &["QUEUE_URL", "3 min"]);
    let unrelated = |state: &mut FunctionState| state.environment.push("LOG_LEVEL".to_owned());
    is(&Case::of("Error", "Something went wrong")?.updated(190, unrelated), Unknown, Possible, &[]);
    is(
        &Case::of("Error", "Something went wrong")?.updated(190, |state| state.description = "new".to_owned()),
        Unknown,
        Possible,
        &[],
    );
    let lowered = |state: &mut FunctionState| state.timeout = Some(3);
    is(
        &Case::of("Sandbox.Timedout", "Task timed out after 3.00 seconds")?.updated(190, lowered),
        Configuration,
        Likely,
        &["30 to 3 s"],
    );
    Ok(())
}

#[test]
fn the_error_itself_says_what_was_denied_or_reached_its_limit() -> Tested {
    use {Cause::*, Confidence::*};
    let denied = Case::of(
        "AccessDeniedException",
        "User: arn:aws:sts::111122223333:assumed-role/orders-role/orders is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/orders because no identity-based policy allows the dynamodb:PutItem action",
    )?;
    is(&denied, Permission, Likely, &["orders-role is not allowed to call dynamodb:PutItem", "table/orders"]);
    assert_eq!(
        denied.analysis().advice,
        [
            "Add this statement to a policy of the role: {\"Effect\":\"Allow\",\"Action\":\"dynamodb:PutItem\",\"Resource\":\"arn:aws:dynamodb:eu-west-1:111122223333:table/orders\"}"
        ]
    );
    for (class, message) in [
        ("OSError", "[Errno 28] No space left on device"),
        (
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        ),
        ("OSError", "[Errno 24] Too many open files"),
        ("java.lang.OutOfMemoryError", "Java heap space"),
    ] {
        is(&Case::of(class, message)?, Limit, Likely, &[]);
    }
    Ok(())
}

#[test]
fn a_dependency_is_named_by_the_error_or_the_line_before() -> Tested {
    use {Cause::*, Confidence::*};
    let refused = || Case::of("Error", "connect ECONNREFUSED db.internal.example:5432");
    is(&refused()?, Dependency, Likely, &["It cannot reach db.internal.example:5432"]);
    is(&refused()?.updated(190, |state| state.code = "new".to_owned()), Deployment, Possible, &[]);
    is(
        &Case::of("OpError", "dial tcp 10.0.12.7:6379: connect: connection refused")?,
        Dependency,
        Likely,
        &["10.0.12.7:6379"],
    );
    let silent = Case::of("AxiosError", "timeout of 5000ms exceeded")?
        .logged(&["GET https://api.maps.example/x", "ERROR timeout of 5000ms exceeded"]);
    is(&silent, Dependency, Likely, &["api.maps.example"]);
    let waited = Case::of("Sandbox.Timedout", "Task timed out after 30.00 seconds")?
        .logged(&["calling api.bank.example", "Task timed out after 30.00 seconds"]);
    is(&waited, Dependency, Possible, &["api.bank.example"]);
    let advice = refused()?.analysis().advice.join("\n");
    assert!(advice.contains("The function is in no VPC") && advice.contains("db.internal.example:5432"), "{advice}");
    Ok(())
}

#[test]
fn another_incident_is_the_cause_if_the_error_names_it() -> Tested {
    use {Cause::*, Confidence::*};
    let called = || Case::of("Error", "pricing returned FunctionError Unhandled");
    is(&called()?.beside("lambda", "pricing", "RangeError", 90), Upstream, Likely, &["pricing failed 90 s before"]);
    is(&called()?.beside("lambda", "pricing", "RangeError", 5 * 3_600), Upstream, Possible, &["pricing"]);
    is(&called()?.beside("lambda", "prices", "RangeError", 90), Dependency, Possible, &[]);
    let internal = || {
        Case::of(
            "ClientError",
            "An error occurred (InternalError) when calling the PutObject operation: We encountered an internal error.",
        )
    };
    is(&internal()?.beside("health", "S3", "AWS_S3_OPERATIONAL_ISSUE", 1_200), Platform, Likely, &["S3", "09:40 UTC"]);
    is(&internal()?.beside("health", "KMS", "AWS_KMS_OPERATIONAL_ISSUE", 1_200), Dependency, Likely, &["S3"]);
    Ok(())
}

#[test]
fn few_bad_inputs_are_no_bad_code() -> Tested {
    use {Cause::*, Confidence::*};
    let garbled =
        || Case::of("UnicodeDecodeError", "'utf-8' codec can't decode byte 0xfc in position 812: invalid start byte");
    is(&garbled()?.failing(1.0, 1), Input, Likely, &["most calls succeed", "2 of 40 calls fail"]);
    is(&garbled()?.updated(190, |state| state.code = "new".to_owned()), Deployment, Likely, &[]);
    Ok(())
}

#[test]
fn what_is_missing_is_said_and_nothing_is_guessed() -> Tested {
    let mut case = Case::of("Error", "Something went wrong")?;
    case.evidence = Evidence {
        log: Gathered::Missing(WhyMissing::Denied),
        rates: Gathered::Missing(WhyMissing::Late),
        ..Evidence::default()
    };
    let found = case.analysis();
    assert_eq!((found.cause, found.confidence), (Cause::Unknown, Confidence::Possible));
    let missing: Vec<(&str, &str)> = found.missing.iter().map(|one| (one.kind.name(), one.reason.name())).collect();
    assert_eq!(missing, [("log", "denied"), ("change", "none"), ("rate", "late"), ("related", "none")]);
    Ok(())
}

#[test]
fn a_severity_rises_when_most_of_many_calls_fail() -> Tested {
    let case = |errors: f64| Ok::<_, serde_json::Error>(Case::of("Error", "x")?.failing(errors, 4));
    for (errors, expected) in [(20.0, Severity::Critical), (9.0, Severity::High)] {
        let case = case(errors)?;
        assert_eq!(risen(&case.incident, &case.evidence), expected, "{errors}");
    }
    let mut drill = case(20.0)?;
    drill.incident.drill = Some("d".to_owned());
    assert_eq!(risen(&drill.incident, &drill.evidence), Severity::High);
    let few = Evidence { rates: Gathered::Found(rates(2.0, 2.0, 3)), ..Evidence::default() };
    assert_eq!(risen(&case(20.0)?.incident, &few), Severity::High, "of few calls");
    Ok(())
}

#[test]
fn incidents_with_one_error_or_one_dependency_share_their_cause() -> Tested {
    let mut case = Case::of("Error", "Too many connections")?
        .beside("lambda", "price", "OperationalError", 12)
        .beside("lambda", "mail", "Error", 500);
    let Gathered::Found(around) = &mut case.evidence.around else { return Err("none".into()) };
    around[0].summary = "price failed: (1040, 'Too many connections')".to_owned();
    around[1].summary = "mail failed: Too many connections".to_owned();
    assert_eq!(case.analysis().shared_with, ["inc-price"], "the other one began long before");
    let same = Case::of("KeyError", "'customer'")?.beside("lambda", "bills", "KeyError", 60);
    assert!(same.analysis().shared_with.is_empty(), "it says something else");
    Ok(())
}

/// The first reservation takes from a function what the account had left for it.
#[test]
fn a_reservation_that_was_set_is_the_cause_of_throttles() -> Result<(), serde_json::Error> {
    let mut case = Case::of("Lambda.TooManyRequestsException", "Rate exceeded")?;
    let of = |concurrency: Option<u64>| FunctionState { concurrency, unreserved: concurrency.is_none(), ..state() };
    for (from, to, words, way_back) in [
        (
            None,
            Some(1),
            "A reserved concurrency of 1 was set",
            "delete-function-concurrency --function-name orders --region",
        ),
        (Some(50), Some(5), "lowered from 50 to 5", "--reserved-concurrent-executions 50 "),
    ] {
        let seen_at = ZERO - 10 * MINUTE;
        case.evidence.history =
            Gathered::Found(FunctionHistory { seen_at, state: of(from), ..FunctionHistory::default() });
        case.evidence.function = Gathered::Found(of(to));
        let analysis = case.analysis();
        assert_eq!(analysis.cause, Cause::Configuration, "{analysis:?}");
        assert!(analysis.statement.contains(words), "{}", analysis.statement);
        assert!(analysis.advice.iter().any(|advice| advice.contains(way_back)), "{:?}", analysis.advice);
        assert_eq!(analysis.changed_within, Some((rfc3339(seen_at), rfc3339(ZERO + 2))));
    }
    Ok(())
}
