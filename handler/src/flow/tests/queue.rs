//! The queue of events under faults: batches of any size in any order, events that come twice, two handlers at once,
//! crashes, throttles, lost answers. In the end every failure is counted once and every incident mailed.

use std::collections::BTreeMap;

use super::batches::{Letters, batch, failing, ingest_of};
use super::interleaved::Dice;
use super::script::Fault;
use super::*;
use crate::ingest::Ingest;

const SEEDS: u64 = 150;
/// Distinct events.
const EVENTS: usize = 14;
const FUNCTIONS: [&str; 3] = ["orders", "payments", "search"];
/// Far more receives than any event needs.
const ROUNDS: usize = 60;
const VISIBILITY: i64 = 180;

/// A message in the queue.
#[derive(Debug, Clone)]
struct Waiting {
    message_id: String,
    event: usize,
    receives: u64,
}

impl Waiting {
    fn received(&mut self) -> Value {
        self.receives += 1;
        let mut record = failing(&self.message_id, FUNCTIONS[self.event % FUNCTIONS.len()], self.receives);
        record["body"] =
            failure_of(FUNCTIONS[self.event % FUNCTIONS.len()], &format!("e{}", self.event)).to_string().into();
        record
    }
}

/// Every event once, and some in a second message.
fn queue(dice: &mut Dice) -> Vec<Waiting> {
    let mut queue = Vec::new();
    for event in 0..EVENTS {
        for copy in 0..=usize::from(dice.below(3) == 0) {
            queue.push(Waiting { message_id: format!("m{event}-{copy}"), event, receives: 0 });
        }
    }
    queue
}

fn taken(queue: &[Waiting], dice: &mut Dice) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..queue.len()).collect();
    let number = 1 + dice.below(10);
    let mut taken = Vec::new();
    while taken.len() < number && !positions.is_empty() {
        taken.push(positions.swap_remove(dice.below(positions.len())));
    }
    taken
}

/// What an invocation leaves in the queue: the ids of its answer, or all of its messages if it died.
async fn invoked(ingest: &Ingest<Memory, Mailbox, Letters>, records: &[Value]) -> Vec<String> {
    let all = || records.iter().filter_map(|record| record["messageId"].as_str().map(str::to_owned)).collect();
    tokio::select! {
        answer = batch(ingest, records, Some(30)) => answer.unwrap_or_else(|_| all()),
        () = ingest.flow.context.store.script.death() => all(),
    }
}

async fn drained(seed: u64) -> Result<Ingest<Memory, Mailbox, Letters>, Box<dyn std::error::Error>> {
    let mut dice = Dice(seed * 2_654_435_761 + 1);
    let ingest = ingest_of(flow())?;
    let mut queue = queue(&mut dice);
    for round in 0..ROUNDS {
        if queue.is_empty() {
            return Ok(ingest);
        }
        let (one, other) = (taken(&queue, &mut dice), taken(&queue, &mut dice));
        let other: Vec<usize> = other.into_iter().filter(|position| !one.contains(position)).collect();
        let mut records =
            |positions: &[usize]| -> Vec<Value> { positions.iter().map(|&at| queue[at].received()).collect() };
        let (one, other) = (records(&one), records(&other));
        // Later rounds meet no fault, so that the queue drains.
        if round < ROUNDS / 2 {
            ingest.flow.context.store.script.plan(dice.below(40), Fault::ALL[dice.below(Fault::ALL.len())]);
        } else {
            ingest.flow.context.store.script.clear();
        }
        let (first, second) = if other.is_empty() {
            (invoked(&ingest, &one).await, Vec::new())
        } else {
            tokio::join!(invoked(&ingest, &one), invoked(&ingest, &other))
        };
        let stay = [first, second].concat();
        let is_done = |waiting: &Waiting| {
            let id = |record: &Value| record["messageId"] == waiting.message_id.as_str();
            one.iter().chain(&other).any(id) && !stay.contains(&waiting.message_id)
                || ingest.queues().deleted(&waiting.message_id)
        };
        queue.retain(|waiting| !is_done(waiting));
        ingest.flow.context.clock.pass(VISIBILITY);
    }
    Err(format!("not drained: {queue:?}").into())
}

#[tokio::test(start_paused = true)]
async fn guarantees_1_2_and_3_hold_for_any_interleaving_of_batches_duplicates_and_faults() -> Tested {
    for seed in 0..SEEDS {
        let ingest = drained(seed).await.map_err(|error| format!("seed {seed}: {error}"))?;
        let flow = &ingest.flow;
        flow.context.store.script.clear();
        for _ in 0..4 {
            flow.context.clock.pass(60);
            flow.sweep().await?;
        }
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        for incident in flow.context.store.incidents() {
            assert!(incident.notified_at.is_some() && incident.due.is_none(), "seed {seed}: {incident:?}");
            *counted.entry(incident.resource).or_default() += incident.occurrences;
        }
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        for event in 0..EVENTS {
            *expected.entry(FUNCTIONS[event % FUNCTIONS.len()].to_owned()).or_default() += 1;
        }
        assert_eq!(counted, expected, "seed {seed}");
        assert!(ingest.queues().is_without_dead_letters(), "seed {seed}");
    }
    Ok(())
}
