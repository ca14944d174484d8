//! How many functions the account has, which the bill depends on. Nothing else does: no answer is no failure.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::aws::{Clients, Explain};
use crate::plan::Observations;
use crate::template::Stack;

/// How long the number is waited for when everything else has been read.
const GRACE: Duration = Duration::from_secs(1);

/// Does work, and counts beside it. `None` when the count does not come in time.
pub(super) async fn beside<T>(
    count: impl Future<Output = Option<u64>>,
    work: impl Future<Output = T>,
) -> (T, Option<u64>) {
    match select(pin!(work), pin!(count)).await {
        Either::Left((done, count)) => (done, tokio::time::timeout(GRACE, count).await.ok().flatten()),
        Either::Right((count, work)) => (work.await, count),
    }
}

/// The functions of the account and region; `None` when AWS does not say their number.
pub(super) async fn count(clients: &Clients) -> Option<u64> {
    match clients.lambda.get_account_settings().send().await.explain("lambda:GetAccountSettings") {
        Ok(settings) => settings.account_usage().and_then(|usage| u64::try_from(usage.function_count()).ok()),
        Err(error) => {
            tracing::debug!(%error, "the functions of the account are not counted");
            None
        }
    }
}

/// How many of the functions are not the stack's own.
pub(super) fn others(count: u64, stack: &Stack, observations: &Observations) -> u64 {
    let own = stack.resources.iter().filter(|resource| {
        resource.resource_type == "AWS::Lambda::Function" && observations.get(&resource.logical_id).is_some()
    });
    count.saturating_sub(own.count() as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::plan::tests::{desired, stack};
    use crate::plan::{Observed, Ownership};
    use crate::template::Desired;

    #[test]
    fn the_stacks_own_functions_count_once_they_exist() {
        let function =
            |id: &str| Desired { resource_type: "AWS::Lambda::Function".to_owned(), ..desired(id, json!({})) };
        let stack = stack(vec![function("Handler"), function("Generator"), desired("Table", json!({}))]);
        let exists = |id: &str| {
            (id.to_owned(), Observed { physical_id: String::new(), properties: json!({}), ownership: Ownership::Ours })
        };
        let of =
            |ids: &[&str]| Observations { resources: ids.iter().map(|id| exists(id)).collect(), ..Default::default() };
        assert_eq!(others(37, &stack, &of(&[])), 37);
        assert_eq!(others(39, &stack, &of(&["Handler", "Generator", "Table"])), 37);
        assert_eq!(others(0, &stack, &of(&["Handler"])), 0, "a number from before");
    }

    #[tokio::test(start_paused = true)]
    async fn the_count_costs_no_time_of_its_own() {
        const READS: Duration = Duration::from_secs(3);
        for (takes, seconds, counted) in [(1, 3, Some(37)), (3, 3, Some(37)), (60, 4, None)] {
            let count = async {
                sleep(Duration::from_secs(takes)).await;
                Some(37)
            };
            let start = Instant::now();
            let (done, functions) = beside(count, async {
                sleep(READS).await;
                "read"
            })
            .await;
            assert_eq!((done, functions, start.elapsed().as_secs()), ("read", counted, seconds), "{takes} s");
        }
    }
}
