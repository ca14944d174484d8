//! Every source in every way: what arrives is used, what does not is named, and the alert does not wait longer than it may.

mod analyst;
mod fake;
mod logs;
mod places;

use std::time::Duration;

use incident_model::analysis::evidence::EvidenceKind;
use incident_model::analysis::{AnalysisPolicy, Evidence, Gathered, Rates, RequestLog, WhyMissing};
use incident_model::{Incident, Rules, classify};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::gather;
use super::subject::Subject;
use super::*;
use crate::settings::Settings;
use fake::{Answer, Aws};

type Tested = Result<(), Box<dyn std::error::Error>>;

const REQUEST: &str = "d0349e5c-7cdf-44ce-b9c9-3a10778a75c5";
/// 2026-11-27T10:00:00Z.
const NOW: i64 = 1_795_773_600;
const TABLE: &str = "devops-incidents";

/// The failure of a function, version 42.
fn failure() -> Result<Classification, Box<dyn std::error::Error>> {
    let event = json!({
        "id": "e1", "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure",
        "account": "111111111111", "region": "eu-west-1", "time": "2026-11-27T09:59:58Z",
        "detail": {
            "requestContext": {"requestId": REQUEST, "condition": "RetriesExhausted",
                "functionArn": "arn:aws:lambda:eu-west-1:111111111111:function:orders:$LATEST"},
            "responsePayload": {"errorType": "KeyError", "errorMessage": "'QUEUE_URL'"},
        },
    });
    Ok(classify(&event, &Rules::defaults()?)?.remove(0))
}

fn incident() -> Result<Incident, Box<dyn std::error::Error>> {
    failure()?.incident("inc-1".to_owned(), "2026-11-27T10:00:00.000Z".to_owned()).ok_or_else(|| "no incident".into())
}

fn asked(incident: &Incident) -> Asked<'_> {
    Asked { incident, history: None, event: None, opened: None, now: NOW }
}

async fn gathered(aws: &Aws, asked: &Asked<'_>, policy: AnalysisPolicy) -> Evidence {
    let settings = Settings::of_devops();
    gather::evidence(&aws.clients(), TABLE, &policy, &Subject::of(asked, &settings)).await
}

fn event(at: i64, text: &str) -> Value {
    json!({"timestamp": at, "message": text, "logStreamName": "2026/11/27/[$LATEST]1"})
}

/// All sources answer, as AWS does.
fn answering() -> Aws {
    let at = NOW * 1000 - 3000;
    let report =
        format!("REPORT RequestId: {REQUEST}\tDuration: 41.12 ms\tMemory Size: 512 MB\tMax Memory Used: 83 MB\t");
    let start = event(at, &format!("START RequestId: {REQUEST} Version: $LATEST"));
    let end = event(at + 4, &report);
    let lines = [
        start.clone(),
        event(at + 1, "connecting with password=hunter2"),
        event(at + 2, "[ERROR] KeyError: 'QUEUE_URL'"),
        end.clone(),
    ];
    let series = |id: &str, value: f64| json!({"Id": id, "StatusCode": "Complete", "Timestamps": [{"at": NOW - 60}], "Values": [value]});
    Aws::default()
        .with("GetFunctionConfiguration", Answer::Ok(json!({
            "FunctionName": "orders", "MemorySize": 512, "Timeout": 30, "LastModified": "2026-11-27T09:58:00.000+0000",
            "Environment": {"Variables": {"TOKEN": "hunter2", "TABLE": "orders"}},
            "LoggingConfig": {"LogGroup": "/team/orders"},
        })))
        .with("FilterLogEvents", Answer::Ok(json!({"events": [end, start]})))
        .with("GetLogEvents", Answer::Ok(json!({"events": lines})))
        .with("GetMetricData", Answer::Ok(json!({"MetricDataResults": [series("invocations", 340.0), series("errors", 312.0)]})))
        .with("Query", Answer::Ok(json!({"Items": [neighbour("inc-1", "orders"), neighbour("inc-2", "billing")]})))
        .with("GetItem", Answer::Ok(json!({"Item": {
            "incident_id": {"S": "function#orders"}, "seen_at": {"N": "1795772000"},
            "state": {"M": {"memory": {"N": "256"}}},
        }})))
}

fn neighbour(id: &str, resource: &str) -> Value {
    json!({
        "incident_id": {"S": id}, "month": {"S": "2026-11"}, "created_at": {"S": "2026-11-27T09:59:00.000Z"}, "status": {"S": "open"},
        "source": {"S": "lambda"}, "resource": {"S": resource}, "account": {"S": "111111111111"}, "region": {"S": "eu-west-1"},
        "error_type": {"S": "KeyError"}, "summary": {"S": "billing failed"}, "severity": {"S": "HIGH"},
    })
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_there_is_gathered_with_five_calls() -> Tested {
    let (aws, incident) = (answering(), incident()?);
    let history = FunctionHistory { seen_at: NOW - 1800, ..FunctionHistory::default() };
    let asked = Asked { history: Some(&history), ..asked(&incident) };
    let found = gathered(&aws, &asked, AnalysisPolicy::default()).await;
    let log = found.log.found().ok_or("no log")?;
    assert_eq!((log.group.as_str(), log.error_line()), ("/team/orders", "[ERROR] KeyError: 'QUEUE_URL'"));
    assert_eq!(log.report.as_ref().and_then(|report| report.memory_used), Some(83));
    let state = found.function.found().ok_or("no configuration")?;
    assert_eq!(
        (state.memory, state.environment.as_slice()),
        (Some(512), ["TABLE", "TOKEN"].map(str::to_owned).as_slice())
    );
    let minutes = found.rates.found().map(|rates: &Rates| rates.minutes.clone()).unwrap_or_default();
    assert_eq!(minutes.first().map(|minute| (minute.invocations, minute.errors)), Some((340.0, 312.0)));
    let around: Vec<&str> = found.around.found().into_iter().flatten().map(|other| other.resource.as_str()).collect();
    assert_eq!(around, ["billing"]);
    assert_eq!(found.history.found().map(|history| history.seen_at), Some(NOW - 1800));
    let operations: Vec<String> = aws.calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(operations, ["GetFunctionConfiguration", "GetMetricData", "Query", "FilterLogEvents", "GetLogEvents"]);
    assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
    Ok(())
}

/// The kinds of evidence by operation, and what each has without it.
const SOURCES: [(&str, EvidenceKind); 5] = [
    ("GetFunctionConfiguration", EvidenceKind::Change),
    ("GetMetricData", EvidenceKind::Rate),
    ("Query", EvidenceKind::Related),
    ("FilterLogEvents", EvidenceKind::Log),
    ("GetItem", EvidenceKind::Earlier),
];

fn missing(found: &Evidence, kind: EvidenceKind) -> Option<WhyMissing> {
    fn why<T>(gathered: &Gathered<T>) -> Option<WhyMissing> {
        match gathered {
            Gathered::Found(_) => None,
            Gathered::Missing(why) => Some(*why),
        }
    }
    match kind {
        EvidenceKind::Change => why(&found.function),
        EvidenceKind::Rate => why(&found.rates),
        EvidenceKind::Related => why(&found.around),
        EvidenceKind::Log => why(&found.log),
        EvidenceKind::Execution => why(&found.execution),
        _ => why(&found.history),
    }
}

#[tokio::test(start_paused = true)]
async fn each_source_breaks_in_each_way_and_only_its_evidence_is_missing() -> Tested {
    use WhyMissing::{Denied, Late, None as Nothing};
    let huge = json!({"events": [event(NOW * 1000, &"x".repeat(10 << 20))], "Items": [], "pad": "x".repeat(10 << 20)});
    let ways = [
        (Answer::Error(400, "AccessDeniedException", "not for you"), Denied),
        (
            Answer::Error(
                400,
                "AccessDeniedException",
                "The ciphertext refers to a customer master key that does not exist",
            ),
            Denied,
        ),
        (Answer::Error(403, "KMSAccessDeniedException", "Lambda was unable to decrypt"), Denied),
        (Answer::Error(400, "ThrottlingException", "Rate exceeded"), Late),
        (Answer::Error(429, "TooManyRequestsException", "Rate exceeded"), Late),
        (Answer::Error(500, "InternalFailure", ""), Late),
        (Answer::Error(503, "ServiceUnavailable", ""), Late),
        (Answer::Error(400, "ResourceNotFoundException", "The specified log group does not exist."), Nothing),
        (Answer::Hang, Late),
        (Answer::Drop, Late),
        (Answer::After(Duration::from_secs(5), Box::new(Answer::Ok(json!({})))), Late),
        (Answer::Raw(huge.to_string().into_bytes()), Late),
        (Answer::Raw((0..4096).map(|number| (number * 37 % 256) as u8).collect()), Late),
        (Answer::Raw(b"{\"events\": [{\"timestamp\":".to_vec()), Late),
    ];
    let incident = incident()?;
    for (operation, kind) in SOURCES {
        for (answer, expected) in &ways {
            let aws = answering().with(operation, answer.clone());
            let begin = Instant::now();
            let found = gathered(&aws, &asked(&incident), AnalysisPolicy::default()).await;
            let what = format!("{operation}: {answer:.200?}: {:?}", aws.calls().len());
            assert!(begin.elapsed() <= Duration::from_secs(1), "{what} took {:?}", begin.elapsed());
            assert_eq!(missing(&found, kind), Some(*expected), "{what}");
            for (_, other) in SOURCES.iter().filter(|(_, other)| *other != kind) {
                assert_eq!(missing(&found, *other), None, "{what}: {other:?}");
            }
            assert!(aws.calls().len() <= 5, "{what}: {:?}", aws.calls());
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn when_all_hang_the_alert_waits_for_the_deadline_and_no_longer() -> Tested {
    let operations = SOURCES.map(|(operation, _)| operation);
    let aws = operations.into_iter().fold(Aws::default(), |aws, operation| aws.with(operation, Answer::Hang));
    let (begin, incident) = (Instant::now(), incident()?);
    let found = gathered(&aws, &asked(&incident), AnalysisPolicy::default()).await;
    assert_eq!(begin.elapsed().as_millis(), gather::ALL.as_millis());
    for (_, kind) in SOURCES {
        assert_eq!(missing(&found, kind), Some(WhyMissing::Late));
    }
    assert_eq!(aws.calls().len(), 5);
    // The log group is the default one as long as the configuration is not known.
    assert_eq!(aws.input("FilterLogEvents")["logGroupName"], "/aws/lambda/orders");
    Ok(())
}
