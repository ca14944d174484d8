//! Random graphs keep their order, and a failure stops what depends on it and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::tests::{carry_out, desired};
use super::{Interrupt, Outcome};
use crate::plan::{self, Observations, Observed, Ownership, Plan};
use crate::resources::RULES;
use crate::template::Stack;

/// A type whose every call fails, as the tests have no AWS.
const FAILING: &str = "AWS::CloudWatch::Dashboard";

/// Resources by number, each with what it needs, all of lower numbers, and whether it fails.
type Graph = Vec<(BTreeSet<usize>, bool)>;

fn graph(may_fail: bool) -> impl Strategy<Value = Graph> {
    let resource = (prop::collection::vec(any::<prop::sample::Index>(), 0..4), any::<bool>());
    prop::collection::vec(resource, 1..12).prop_map(move |resources| {
        let below = |number: usize, needs: Vec<prop::sample::Index>| match number {
            0 => BTreeSet::new(),
            _ => needs.into_iter().map(|need| need.index(number)).collect(),
        };
        let resources = resources.into_iter().enumerate();
        resources.map(|(number, (needs, fails))| (below(number, needs), fails && may_fail)).collect()
    })
}

fn name(number: usize) -> String {
    format!("R{number}")
}

fn stack(graph: &Graph) -> Stack {
    let resources = graph.iter().enumerate().map(|(number, (needs, fails))| {
        let mut resource = desired(&name(number), needs.iter().map(|need| name(*need)));
        if *fails {
            resource.resource_type = FAILING.to_owned();
        }
        resource
    });
    plan::tests::stack(resources.collect())
}

fn carry(stack: &Stack, plan: &Plan) -> Result<Outcome, TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| TestCaseError::fail(error.to_string()))?;
    Ok(runtime.block_on(carry_out(stack, plan, Interrupt::never())).0)
}

/// When each resource was finished.
fn finish_order(outcome: &Outcome) -> BTreeMap<&str, usize> {
    outcome.finished.iter().enumerate().map(|(at, done)| (done.change.logical_id.as_str(), at)).collect()
}

proptest! {
    #[test]
    fn creation_follows_needs_and_deletion_precedes_them(graph in graph(false)) {
        let stack = stack(&graph);
        let created = carry(&stack, &Plan::up(&stack, &Observations::default(), &RULES)?)?;
        let thing = Observed { physical_id: "x".into(), properties: serde_json::json!({}), ownership: Ownership::Ours };
        let resources = (0..graph.len()).map(|number| (name(number), thing.clone())).collect();
        let deleted = carry(&stack, &Plan::down(&stack, &Observations { resources, ..Observations::default() }))?;
        let (created, deleted) = (finish_order(&created), finish_order(&deleted));
        prop_assert_eq!((created.len(), deleted.len()), (graph.len(), graph.len()));
        for (number, (needs, _)) in graph.iter().enumerate() {
            for need in needs {
                let (this, other) = (name(number), name(*need));
                prop_assert!(created[this.as_str()] > created[other.as_str()], "{} before {}", this, other);
                prop_assert!(deleted[this.as_str()] < deleted[other.as_str()], "{} after {}", this, other);
            }
        }
    }

    #[test]
    fn a_failure_stops_only_what_depends_on_it(graph in graph(true)) {
        let stack = stack(&graph);
        let outcome = carry(&stack, &Plan::up(&stack, &Observations::default(), &RULES)?)?;
        let mut stopped = BTreeSet::new();
        for (number, (needs, _)) in graph.iter().enumerate() {
            if needs.iter().any(|need| graph[*need].1 || stopped.contains(need)) {
                stopped.insert(number);
            }
        }
        let names = |numbers: &dyn Fn(usize) -> bool| -> BTreeSet<String> {
            (0..graph.len()).filter(|number| numbers(*number)).map(name).collect()
        };
        let finished = outcome.finished.iter().map(|done| done.change.logical_id.clone()).collect::<BTreeSet<_>>();
        let failed = outcome.failures.iter().map(|(change, _)| change.logical_id.clone()).collect::<BTreeSet<_>>();
        prop_assert_eq!(finished, names(&|number| !graph[number].1 && !stopped.contains(&number)));
        prop_assert_eq!(failed, names(&|number| graph[number].1 && !stopped.contains(&number)));
        prop_assert_eq!(outcome.skipped.into_iter().collect::<BTreeSet<_>>(), names(&|number| stopped.contains(&number)));
    }
}
