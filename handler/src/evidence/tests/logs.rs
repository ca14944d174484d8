//! The lines of a request: where they are asked for, and what is done when they do not come.

use super::*;

const STREAM: &str = "2026/11/27/[$LATEST]1";

fn start() -> Value {
    event(NOW * 1000 - 3000, &format!("START RequestId: {REQUEST} Version: $LATEST"))
}

/// A page of a filter that found this.
fn page(events: &[Value], token: Option<&str>) -> Answer {
    Answer::Ok(json!({"events": events, "nextToken": token}))
}

fn operations(aws: &Aws) -> Vec<String> {
    aws.calls().into_iter().map(|call| call.operation).filter(|operation| operation.ends_with("LogEvents")).collect()
}

/// With a snapshot, so that its item is not asked for and one call is left.
async fn log_of(aws: &Aws) -> Result<Gathered<RequestLog>, Box<dyn std::error::Error>> {
    let (incident, history) = (incident()?, FunctionHistory::default());
    let asked = Asked { history: Some(&history), ..asked(&incident) };
    Ok(gathered(aws, &asked, AnalysisPolicy::default()).await.log)
}

#[tokio::test(start_paused = true)]
async fn the_request_is_looked_for_when_it_can_have_run_in_its_own_group() -> Tested {
    let aws = answering();
    log_of(&aws).await?;
    let asked = aws.input("FilterLogEvents");
    // The failure is of two seconds ago, and the timeout 30 seconds.
    let failed_at = (NOW - 2) * 1000;
    assert_eq!(
        (asked["startTime"].as_i64(), asked["endTime"].as_i64()),
        (Some(failed_at - 90_000), Some(failed_at + 60_000))
    );
    assert_eq!(asked["filterPattern"], format!("\"{REQUEST}\""));
    assert_eq!((&asked["logGroupName"], &asked["startFromHead"]), (&json!("/team/orders"), &json!(false)));
    assert!(asked["limit"].as_i64().is_some_and(|limit| limit <= 1000));
    let stream = aws.input("GetLogEvents");
    assert_eq!((&stream["logGroupName"], &stream["logStreamName"]), (&json!("/team/orders"), &json!(STREAM)));
    assert_eq!(stream["endTime"], NOW * 1000 - 3000 + 5);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_late_configuration_leaves_the_default_group_and_the_widest_window() -> Tested {
    let late = Answer::After(Duration::from_millis(400), Box::new(Answer::Ok(json!({"FunctionName": "orders"}))));
    let aws = answering().with("GetFunctionConfiguration", late);
    assert!(log_of(&aws).await?.found().is_some());
    let asked = aws.input("FilterLogEvents");
    assert_eq!(asked["logGroupName"], "/aws/lambda/orders");
    assert_eq!(asked["startTime"], (NOW - 2 - 900 - 60) * 1000);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_stream_is_not_read_when_every_line_has_the_id() -> Tested {
    let error = event(NOW * 1000, &format!("2026-11-27T10:00:00Z\t{REQUEST}\tERROR\tKeyError 'QUEUE_URL'"));
    let aws = answering().with("FilterLogEvents", page(&[error, start()], None));
    let log = log_of(&aws).await?;
    assert!(log.found().is_some_and(|log| log.error_line().ends_with("'QUEUE_URL'")), "{log:?}");
    assert_eq!(operations(&aws), ["FilterLogEvents"]);
    Ok(())
}

/// A process's last words have no id.
#[tokio::test(start_paused = true)]
async fn the_stream_is_read_when_only_the_platform_says_that_a_process_ended() -> Tested {
    for end in ["Runtime exited with error: signal: aborted", "Process exited before completing request"] {
        let mut incident = incident()?;
        incident.error_message = end.to_owned();
        let history = FunctionHistory::default();
        let asked = Asked { history: Some(&history), ..asked(&incident) };
        for line in [format!("{REQUEST} Error: {end}"), format!("RequestId: {REQUEST} Error: {end}")] {
            let aws = answering().with("FilterLogEvents", page(&[event(NOW * 1000, &line), start()], None));
            gathered(&aws, &asked, AnalysisPolicy::default()).await;
            assert_eq!(operations(&aws), ["FilterLogEvents", "GetLogEvents"], "{line}");
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_does_not_answer_leaves_the_lines_with_the_id() -> Tested {
    for answer in [Answer::Hang, Answer::Drop, Answer::Error(400, "AccessDeniedException", ""), page(&[], None)] {
        let aws = answering().with("GetLogEvents", answer.clone());
        let begin = Instant::now();
        let log = log_of(&aws).await?;
        assert!(log.found().is_some_and(|log| log.report.is_some()), "{answer:?}: {log:?}");
        assert!(begin.elapsed() <= Duration::from_secs(1));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn empty_pages_are_turned_while_calls_are_left() -> Tested {
    let (empty, found) = (page(&[], Some("t")), page(&[start()], None));
    let aws = answering().with("FilterLogEvents", Answer::Each(vec![empty.clone(), found]));
    assert!(log_of(&aws).await?.found().is_some());
    assert_eq!(operations(&aws), ["FilterLogEvents", "FilterLogEvents"]);
    assert_eq!(aws.calls().last().map(|call| call.input["nextToken"].clone()), Some(json!("t")));
    let aws = answering().with("FilterLogEvents", empty);
    assert_eq!(log_of(&aws).await?, Gathered::Missing(WhyMissing::Late));
    assert_eq!(aws.calls().len(), 5);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn lines_that_are_not_readable_yet_are_asked_for_once_more() -> Tested {
    let aws = answering().with("FilterLogEvents", Answer::Each(vec![page(&[], None), page(&[start()], None)]));
    let begin = Instant::now();
    assert!(log_of(&aws).await?.found().is_some());
    assert!(begin.elapsed() < Duration::from_secs(1));
    let aws = answering().with("FilterLogEvents", page(&[], None));
    assert_eq!(log_of(&aws).await?, Gathered::Missing(WhyMissing::None));
    assert_eq!(operations(&aws).len(), 2);
    // An old failure's lines came long ago.
    let (mut incident, aws) = (incident()?, answering().with("FilterLogEvents", page(&[], None)));
    incident.last_failed_at = Some("2026-11-27T09:00:00Z".to_owned());
    gathered(&aws, &asked(&incident), AnalysisPolicy::default()).await;
    assert_eq!(operations(&aws), ["FilterLogEvents"]);
    Ok(())
}

/// Newest first, as they are asked for; or oldest first, from whoever does not know that order.
#[tokio::test(start_paused = true)]
async fn lines_are_in_order_whichever_way_they_come() -> Tested {
    let at = NOW * 1000;
    let line = |number: i64| event(at + number / 2, &format!("{REQUEST}\tINFO\tline {number} KeyError 'QUEUE_URL'"));
    let newest_first: Vec<Value> = (0..6).rev().map(line).collect();
    let oldest_first: Vec<Value> = (0..6).map(line).collect();
    for events in [newest_first, oldest_first] {
        let aws = answering().with("FilterLogEvents", page(&events, None)).with("GetLogEvents", page(&[], None));
        let log = log_of(&aws).await?;
        let lines = log.found().map(|log| log.lines.clone()).unwrap_or_default();
        let ordered: Vec<String> = (0..6).map(|number| format!("line {number}")).collect();
        assert_eq!(lines.len(), 6, "{lines:?}");
        assert!(lines.iter().zip(&ordered).all(|(line, number)| line.text.contains(number)), "{lines:?}");
    }
    Ok(())
}
