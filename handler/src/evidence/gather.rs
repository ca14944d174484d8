//! Gathers all evidence about a failure at once.

use std::time::Duration;

use incident_model::analysis::{AnalysisPolicy, Evidence, Gathered, Neighbour, WhyMissing};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::Gather;
use super::calls::Calls;
use super::configuration::Configuration;
use super::execution::Execution;
use super::history::History;
use super::logs::Logs;
use super::metrics::Metrics;
use super::related::{self, Related};
use super::reserved::{self, Reserved};
use super::subject::Subject;
use super::task::TaskLog;
use crate::clients::EvidenceClients;

/// Deadline of all evidence together. The rest of the alert's second is for the analysis.
pub(super) const ALL: Duration = Duration::from_millis(950);
/// Deadline of a source that asks once.
const EACH: Duration = Duration::from_millis(700);

/// The evidence that arrives in time, with at most five calls.
pub(super) async fn evidence(
    clients: &EvidenceClients,
    table: &str,
    policy: &AnalysisPolicy,
    of: &Subject<'_>,
) -> Evidence {
    let begin = Instant::now();
    let (each, all) = (begin + EACH, begin + ALL);
    let calls = &Calls::default();
    let (tell, configuration) = watch::channel(None);
    let function = async {
        let is_on = policy.changes || of.function.is_none();
        let found = within(each, is_on, &Configuration { clients, calls }, of).await;
        tell.send_replace(Some(found.clone()));
        found
    };
    let log = async {
        let is_on = policy.logs || (of.request.is_none() && of.task.is_none());
        match of.task {
            Some(_) => within(all, is_on, &TaskLog { clients, calls }, of).await,
            None if of.is_throttled => Gathered::Missing(WhyMissing::None),
            None => within(all, is_on, &Logs { clients, calls, configuration, until: all }, of).await,
        }
    };
    let history = &History { clients, calls, table };
    let known = async {
        match of.is_unknown {
            true => Gathered::Missing(WhyMissing::None),
            false => within(each, policy.changes || of.function.is_none(), history, of).await,
        }
    };
    let metrics = Metrics { clients, calls };
    let related = Related { clients, calls, table };
    let execution = Execution { clients, calls };
    // Boxed, so that one source does not need the stack of all.
    let reserved = Reserved { clients, calls };
    let (function, reserved, known, rates, around, execution, log) = tokio::join!(
        Box::pin(function),
        Box::pin(within(each, policy.changes, &reserved, of)),
        Box::pin(known),
        Box::pin(within(each, policy.metrics || of.function.is_none(), &metrics, of)),
        Box::pin(within(each, true, &related, of)),
        Box::pin(within(each, policy.executions || of.execution.is_none(), &execution, of)),
        Box::pin(log),
    );
    // What is hardly there comes last, with a call that is left.
    let history = match known {
        Gathered::Missing(WhyMissing::None) if of.is_unknown && calls.is_left() => {
            Box::pin(within(all, policy.changes || of.function.is_none(), history, of)).await
        }
        known => known,
    };
    let function = reserved::with_reserved(function, &reserved);
    let around = with_month_before(around, timeout_at(all, Box::pin(related.before(of))).await.ok());
    let around = related::with_opened(around, of);
    Evidence { log, function, history, rates, around, execution }
}

/// What a source has at its deadline.
async fn within<G: Gather>(until: Instant, is_on: bool, source: &G, of: &Subject<'_>) -> Gathered<G::Found> {
    if !is_on {
        return Gathered::Missing(WhyMissing::Off);
    }
    match timeout_at(until, source.gather(of)).await {
        Ok(Ok(found)) => Gathered::Found(found),
        Ok(Err(why)) => Gathered::Missing(why),
        Err(_) => Gathered::Missing(WhyMissing::Late),
    }
}

/// The incidents of this month, followed by those of the former one, which is asked last, with a call that is left.
fn with_month_before(
    around: Gathered<Vec<Neighbour>>,
    before: Option<Result<Vec<Neighbour>, WhyMissing>>,
) -> Gathered<Vec<Neighbour>> {
    match (around, before) {
        (Gathered::Found(mut around), Some(Ok(before))) => {
            around.extend(before);
            Gathered::Found(around)
        }
        (around, _) => around,
    }
}
