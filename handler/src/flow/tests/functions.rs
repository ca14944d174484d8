//! Failures that only metrics show, and the asynchronous failures that know their cause.

use incident_model::function_metrics::News;
use incident_model::{FunctionMetric, FunctionReport, Incident};

use super::*;

const MINUTE: i64 = 60;
/// 2026-11-27T10:30:00Z.
const NOW: i64 = 1_795_775_400;

pub(super) fn failed(function: &str, failed: u64, window: i64) -> FunctionReport {
    let news = News::Failed { function: function.to_owned(), count: 1, failed, calls: 40, since: NOW };
    let to = NOW + window * MINUTE;
    FunctionReport { metric: FunctionMetric::Errors, news, at: to - MINUTE, from: to - MINUTE, to }
}

pub(super) async fn report(flow: &Flow<Memory, Mailbox>, report: &FunctionReport) -> Tested {
    let event = Classification::of(report.observation("111111111111", "eu-west-1"), &Rules::defaults()?);
    Ok(flow.handle(&[&event]).await?)
}

fn of_metrics(flow: &Flow<Memory, Mailbox>) -> Vec<Incident> {
    let mut incidents = flow.context.store.incidents();
    incidents.retain(|incident| incident.source == "lambda-metrics");
    incidents
}

#[tokio::test(start_paused = true)]
async fn a_function_is_one_incident_that_each_window_counts_once_and_its_end_resolves() -> Tested {
    let flow = flow();
    for window in [1, 2, 2, 3] {
        report(&flow, &failed("orders", window as u64, window)).await?;
    }
    let incident = &of_metrics(&flow)[0];
    assert_eq!((incident.occurrences, incident.resource.as_str()), (3, "orders"));
    assert_eq!(incident.summary, "orders: 3 of 40 calls failed since 10:30 UTC");
    let news = News::Recovered { function: "orders".to_owned() };
    report(&flow, &FunctionReport { news, ..failed("orders", 0, 25) }).await?;
    assert_eq!(of_metrics(&flow)[0].status, Status::Resolved);
    assert!(flow.context.notifier.subjects()[1].contains("orders"), "{:?}", flow.context.notifier.subjects());
    report(&flow, &failed("orders", 1, 30)).await?;
    assert_eq!(of_metrics(&flow).len(), 2, "it fails again");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_asynchronous_failure_explains_what_the_metric_shows() -> Tested {
    // Before it: people just heard of the cause.
    let flow = flow();
    deliver(&flow, &failure_of("orders", "e1")).await?;
    report(&flow, &failed("orders", 3, 1)).await?;
    assert_eq!((of_metrics(&flow).len(), flow.context.notifier.count()), (0, 1));

    // After it: the incident that knows the cause takes its place.
    let flow = self::flow();
    report(&flow, &failed("orders", 3, 1)).await?;
    flow.context.clock.pass(3 * MINUTE);
    deliver(&flow, &failure_of("orders", "e1")).await?;
    let metric = of_metrics(&flow).remove(0);
    let cause =
        flow.context.store.incidents().into_iter().find(|incident| incident.source == "lambda").ok_or("no cause")?;
    assert_eq!((metric.status, cause.status), (Status::Resolved, Status::Open));
    assert_eq!(cause.explains_incident_id, Some(metric.incident_id));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_the_failure_does_not_explain_stays() -> Tested {
    let throttled = FunctionReport { metric: FunctionMetric::Throttles, ..failed("orders", 3, 1) };
    for (what, report, minutes, status) in [
        ("another function", failed("bills", 3, 1), 3, Status::Open),
        ("more severe: many calls fail", failed("orders", 30, 1), 3, Status::Open),
        ("hours later", failed("orders", 3, 1), 600, Status::Open),
        ("taken", failed("orders", 3, 1), 3, Status::Acknowledged),
        ("throttles are no errors", throttled, 3, Status::Open),
    ] {
        let flow = flow();
        self::report(&flow, &report).await?;
        let incident_id = of_metrics(&flow)[0].incident_id.clone();
        flow.context.store.set_status(&incident_id, status);
        flow.context.clock.pass(minutes * MINUTE);
        deliver(&flow, &failure_of("orders", "e1")).await?;
        assert_eq!(of_metrics(&flow)[0].status, status, "{what}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_handler_and_the_alarms_on_all_functions_make_no_incident() -> Tested {
    let flow = flow();
    report(&flow, &failed("devops-incident-handler", 3, 1)).await?;
    for name in ["devops-function-errors", "devops-function-throttles", "devops-function-destinations"] {
        let mut alarm = alarm(name, "ALARM");
        alarm["detail"]["alarmName"] = name.into();
        deliver(&flow, &alarm).await?;
    }
    assert_eq!(flow.context.store.incidents(), []);
    // The alarm of an older stack says which function it is.
    deliver(&flow, &contributor("a1")).await?;
    assert_eq!(flow.context.store.incidents().len(), 1);
    Ok(())
}
