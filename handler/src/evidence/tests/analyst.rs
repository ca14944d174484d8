//! The analyst: an answer in every case, without a secret.

use std::sync::Arc;

use incident_model::{Reason, Severity};

use super::*;

fn analyst(aws: &Aws) -> Result<Analyst, Box<dyn std::error::Error>> {
    Ok(Analyst::new(Arc::new(aws.clients()), Settings::of_devops(), Rules::defaults()?))
}

/// An incident whose first alert is due.
fn opened() -> Result<Incident, Box<dyn std::error::Error>> {
    Ok(Incident { due: Some(Reason::Opened), ..incident()? })
}

/// The names of the operations that were called.
fn operations(aws: &Aws) -> Vec<String> {
    aws.calls().into_iter().map(|call| call.operation).collect()
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_analysed_with_what_is_there() -> Tested {
    let (aws, incident, event) = (answering(), opened()?, failure()?);
    let asked = Asked { event: Some(&event), ..asked(&incident) };
    let Analysed { analysis, severity, judgement } = analyst(&aws)?.analyse(asked).await;
    assert!(analysis.lines.iter().any(|line| line.text.contains("KeyError")), "{analysis:?}");
    assert!(!analysis.statement.is_empty() && severity >= incident.severity);
    assert_eq!(judgement, None);
    assert!(analysis.failing_share.is_some_and(|share| share > 0.9));
    Ok(())
}

/// With the failure itself, or with what its incident says of it.
#[tokio::test(start_paused = true)]
async fn a_rule_that_asks_for_the_cause_judges_again() -> Tested {
    let own = "rules:\n  - {name: own, pattern: {analysis: {failing_share: [{numeric: ['>', 0.5]}]}}, severity: CRITICAL, summary: s, recommendation: r}\n";
    let rules = Rules::parse(own)?.before(Rules::defaults()?);
    let (incident, event) = (opened()?, failure()?);
    for event in [Some(&event), None] {
        let analyst = Analyst::new(Arc::new(answering().clients()), Settings::of_devops(), rules.clone());
        let analysed = analyst.analyse(Asked { event, ..asked(&incident) }).await;
        assert_eq!(analysed.judgement.map(|judgement| judgement.rule).as_deref(), Some("own"));
        assert_eq!(analysed.severity, Severity::Critical);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn most_calls_failing_raises_the_severity_by_a_step() -> Tested {
    let (aws, event) = (answering(), failure()?);
    let incident = Incident { severity: Severity::Medium, ..incident()? };
    let asked = Asked { event: Some(&event), ..asked(&incident) };
    assert_eq!(analyst(&aws)?.analyse(asked).await.severity, Severity::High);
    let quiet = aws.with("GetMetricData", Answer::Ok(json!({"MetricDataResults": []})));
    assert_eq!(analyst(&quiet)?.analyse(asked).await.severity, Severity::Medium);
    Ok(())
}

/// Whatever all sources do at once, the answer comes within its second, with at most five calls, and says what is missing.
#[tokio::test(start_paused = true)]
async fn nothing_that_aws_does_keeps_the_answer_away() -> Tested {
    let binary: Vec<u8> = (0..=255).cycle().take(1 << 16).collect();
    let answers = [
        Answer::Hang,
        Answer::Drop,
        Answer::Raw(Vec::new()),
        Answer::Raw(binary),
        Answer::Raw(vec![b' '; 10 << 20]),
        Answer::Raw(b"null".to_vec()),
        Answer::Raw(b"[]".to_vec()),
        Answer::Ok(json!({})),
        Answer::Error(400, "AccessDeniedException", "no"),
        Answer::Error(400, "ThrottlingException", "no"),
        Answer::Error(500, "InternalFailure", "no"),
        Answer::After(Duration::from_millis(690), Box::new(Answer::Ok(json!({})))),
    ];
    let (incident, event) = (incident()?, failure()?);
    for answer in answers {
        let aws = SOURCES.iter().fold(Aws::default(), |aws, (operation, _)| aws.with(operation, answer.clone()));
        let begin = Instant::now();
        let asked = Asked { event: Some(&event), ..asked(&incident) };
        let analysed = analyst(&aws)?.analyse(asked).await;
        let what = format!("{answer:.100?}");
        assert!(begin.elapsed() <= Duration::from_secs(1), "{what} took {:?}", begin.elapsed());
        assert!(aws.calls().len() <= 5, "{what}: {:?}", operations(&aws));
        let kinds: Vec<EvidenceKind> = analysed.analysis.missing.iter().map(|missing| missing.kind).collect();
        assert!(kinds.contains(&EvidenceKind::Log) && kinds.contains(&EvidenceKind::Rate), "{what}: {kinds:?}");
        assert_eq!(analysed.severity, incident.severity, "{what}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn secrets_in_every_line_do_not_survive() -> Tested {
    let secrets = [
        "password=hunter2",
        "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "postgres://app:hunter2@db/orders",
        "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.c2lnbmF0dXJlaHVudGVyMg",
        "{\"api_key\": \"hunter2\"}",
        "token: hunter2hunter2hunter2",
    ];
    let line = |number: i64| {
        let secret = secrets[usize::try_from(number).unwrap_or_default() % secrets.len()];
        event(NOW * 1000 + number, &format!("{REQUEST}\tERROR\tKeyError 'QUEUE_URL' {secret}"))
    };
    let lines: Vec<Value> = (0..60).rev().map(line).collect();
    let page = Answer::Ok(json!({"events": lines}));
    let mut neighbour = neighbour("inc-2", "billing");
    neighbour["summary"] = json!({"S": "KeyError"});
    let aws = answering().with("FilterLogEvents", page.clone()).with("GetLogEvents", page)
        .with("Query", Answer::Ok(json!({"Items": [neighbour]})))
        .with("GetFunctionConfiguration", Answer::Ok(json!({
            "FunctionName": "orders", "Description": "password=hunter2", "LastModified": "2026-11-27T09:58:00.000+0000",
            "Environment": {"Variables": {"PASSWORD": "hunter2"}},
        })));
    let (incident, event) = (incident()?, failure()?);
    let analysed = analyst(&aws)?.analyse(Asked { event: Some(&event), ..asked(&incident) }).await;
    let written = serde_json::to_string(&analysed.analysis)?;
    assert!(analysed.analysis.lines.len() > 5, "{written}");
    for secret in ["hunter2", "wJalrXUtnFEMI", "c2lnbmF0dXJl"] {
        assert!(!written.contains(secret), "{secret}: {written}");
    }
    Ok(())
}

const WITH_STREAM: [&str; 5] =
    ["GetFunctionConfiguration", "GetMetricData", "Query", "FilterLogEvents", "GetLogEvents"];

/// The item of a function that has none is asked for last, so that the lines come first.
#[tokio::test(start_paused = true)]
async fn the_snapshot_of_a_new_incident_was_looked_for_already() -> Tested {
    let (aws, event, incident) = (answering(), failure()?, opened()?);
    let asked = Asked { event: Some(&event), ..asked(&incident) };
    analyst(&aws)?.analyse(asked).await;
    assert_eq!(operations(&aws), WITH_STREAM);
    let aws = answering().with("FilterLogEvents", Answer::Error(400, "ResourceNotFoundException", ""));
    analyst(&aws)?.analyse(asked).await;
    assert_eq!(operations(&aws)[3..], ["FilterLogEvents", "GetItem"]);
    Ok(())
}

/// An escalation finds what the opening knew.
#[tokio::test(start_paused = true)]
async fn what_is_known_of_a_function_is_remembered_for_a_while() -> Tested {
    let (event, incident, history) =
        (failure()?, incident()?, FunctionHistory { seen_at: 7, ..FunctionHistory::default() });
    let worse = Asked { event: Some(&event), ..asked(&incident) };
    for history in [Some(&history), None] {
        let aws = match history {
            Some(_) => answering(),
            None => answering().with("GetItem", Answer::Ok(json!({}))),
        };
        let analyst = analyst(&aws)?;
        analyst.analyse(Asked { history, ..worse }).await;
        let first = aws.calls().len();
        analyst.analyse(Asked { now: NOW + 60, ..worse }).await;
        assert_eq!(operations(&aws)[first..], WITH_STREAM, "{history:?}");
        let second = aws.calls().len();
        analyst.analyse(Asked { now: NOW + 3600, ..worse }).await;
        assert!(operations(&aws)[second..].contains(&"GetItem".to_owned()));
    }
    Ok(())
}
