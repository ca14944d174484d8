//! Whether the metrics exist that the alarms on all functions look at.

use incident_model::FunctionMetric;

use crate::health::Check;
use incident_deploy::aws::{AwsError, Clients, Explain};

const NAME: &str = "metrics";

/// Checks Lambda's metrics of all functions together. CloudWatch lists a metric for two weeks after its last value.
pub(super) async fn check(clients: &Clients) -> Check {
    let mut missing = Vec::new();
    for metric in FunctionMetric::ALL {
        match exists(clients, metric).await {
            Ok(true) => {}
            Ok(false) => missing.push(metric),
            Err(error) => return Check::warn(NAME, format!("could not be checked: {error}")),
        }
    }
    judge(&missing)
}

/// Whether there is such a metric without dimensions.
async fn exists(clients: &Clients, metric: FunctionMetric) -> Result<bool, AwsError> {
    let call = clients.cloudwatch.list_metrics().namespace("AWS/Lambda").metric_name(metric.name());
    let mut pages = call.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.explain("cloudwatch:ListMetrics")?;
        if page.metrics().iter().any(|metric| metric.dimensions().is_empty()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn judge(missing: &[FunctionMetric]) -> Check {
    let names: Vec<&str> = missing.iter().map(|metric| metric.name()).collect();
    let message = format!("Lambda's metrics of all functions together: {} missing", names.join(" and "));
    match missing {
        [] => Check::ok(NAME, "the alarms on all functions have data: Errors, Throttles, DestinationDeliveryFailures"),
        // A value of 0 is never published.
        [FunctionMetric::DestinationDeliveryFailures] => {
            Check::ok(NAME, format!("{message}; it appears with the first delivery that fails"))
        }
        _ => Check::warn(NAME, format!("{message}, so their alarms see nothing"))
            .hint("they appear some minutes after the first invocation of any function in this region"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::CheckStatus;

    #[test]
    fn a_metric_that_is_missing_is_named() {
        use FunctionMetric::{DestinationDeliveryFailures, Errors, Throttles};
        for (missing, status, words) in [
            (&[][..], CheckStatus::Ok, "have data"),
            (&[DestinationDeliveryFailures], CheckStatus::Ok, "DestinationDeliveryFailures missing; it appears"),
            (&[Errors, Throttles], CheckStatus::Warn, "Errors and Throttles missing, so"),
        ] {
            let check = judge(missing);
            assert!(check.status == status && check.message.contains(words), "{check:?}");
            assert_eq!(check.hint.is_some(), status == CheckStatus::Warn, "{check:?}");
        }
    }
}
