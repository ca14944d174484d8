//! The direct engine: each service's own API, with independent changes in parallel.

mod run;

use std::collections::BTreeMap;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::UnboundedSender;

use super::Interrupt;
use super::stack_arns::StackArns;
use crate::aws::AwsError;
use crate::aws::wait::retry_on_new;
use crate::plan::{Action, Cause, Change, Observations, Observed, Ownership, Plan};
use crate::progress::{Event, Progress};
use crate::resources::{Context, Provider, provider, refuse_loss};

pub(super) use run::ThroughServices;
pub(super) use run::{NOTHING_TO_CHANGE, left, nothing_to_delete, refuse_left};

/// Changes in flight at a time. Enough for all independent ones, and far below any service's rate limit.
const CONCURRENCY: usize = 16;

/// The outcome of a plan.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The changes that were made, in order of completion.
    pub finished: Vec<Finished>,
    /// The failures, in order.
    pub failures: Vec<(Change, AwsError)>,
    /// Logical ids of the changes that were skipped because a dependency failed.
    pub skipped: Vec<String>,
    /// Logical ids of the changes that were not begun because of an interrupt.
    pub not_begun: Vec<String>,
    /// Logical ids of the changes that were begun but abandoned at a second interrupt.
    pub abandoned: Vec<String>,
}

/// A change that was made.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The change.
    pub change: Change,
    /// When it began, in seconds after the first change.
    pub began: f64,
    /// When its dependents could begin.
    pub made: f64,
    /// When it was ready.
    pub ended: f64,
}

impl Finished {
    /// How long it took.
    pub fn seconds(&self) -> f64 {
        self.ended - self.began
    }
}

impl Outcome {
    /// Whether every change was made.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.not_begun.is_empty() && self.abandoned.is_empty()
    }

    /// How many changes had this action.
    pub fn count(&self, action: Action) -> usize {
        self.finished.iter().filter(|finished| finished.change.action == action).count()
    }

    /// The plan that rolls back what a plan created. Failed and abandoned changes may have left a resource behind: it
    /// is deleted too if it exists and is ours, which excludes a name taken by another owner in the meantime.
    pub fn undo(&self, plan: &Plan, observations: &Observations) -> Plan {
        let created = |change: &&Change| {
            let id = &change.logical_id;
            let begun = !self.skipped.contains(id) && !self.not_begun.contains(id);
            let ours = |found: &Observed| matches!(found.ownership, Ownership::Ours | Ownership::Child);
            let finished = || self.finished.iter().any(|finished| finished.change.logical_id == *id);
            change.action == Action::Create && begun && (finished() || observations.get(id).is_some_and(ours))
        };
        let delete =
            |change: &Change| Change { action: Action::Delete, cause: Some(Cause::Rollback), ..change.clone() };
        Plan { changes: plan.changes.iter().rev().filter(created).map(delete).collect(), leftovers: Vec::new() }
    }
}

/// The progress of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    /// Made, so that its dependents can begin, but not ready yet.
    Settling,
    Done,
    /// It or a dependency failed: the logical id of the first failure.
    Failed(String),
}

/// Applies a plan. Changes that do not depend on a failure continue; an interrupt lets calls in flight finish, a second
/// one does not.
pub async fn apply(
    context: &Context<'_>,
    plan: &Plan,
    events: &UnboundedSender<Event>,
    interrupt: Interrupt,
) -> Outcome {
    let tell = |event| {
        // A closed display must not stop the work.
        let _ = events.send(event);
    };
    tell(Event::made(plan));
    let changes: Vec<&Change> = plan.changes.iter().filter(|change| change.action != Action::None).collect();
    let mut states: BTreeMap<&str, State> =
        changes.iter().map(|change| (change.logical_id.as_str(), State::Waiting)).collect();
    let mut outcome = Outcome::default();
    let arns = StackArns::of(plan);
    let mut running = FuturesUnordered::new();
    let first = Instant::now();
    let mut stopped = interrupt.is_set();
    loop {
        skip(&changes, &mut states, &mut outcome, &tell);
        for change in &changes {
            if stopped || running.len() >= CONCURRENCY {
                break;
            }
            if can_begin(change, &changes, &states) {
                states.insert(&change.logical_id, State::Running);
                tell(Event::started(change));
                running.push(work(context, change, &arns, events, Stage::Make { began: Instant::now() }));
            }
        }
        let ended = tokio::select! {
            ended = running.next() => ended,
            () = interrupt.wait(), if !stopped => {
                stopped = true;
                tell(Event::Interrupted);
                continue;
            }
            () = interrupt.wait_for_second(), if stopped => break,
        };
        let Some(Ended { change, stage, result }) = ended else { break };
        match (result, stage) {
            (Ok(()), Stage::Make { began }) if change.action != Action::Delete => {
                states.insert(&change.logical_id, State::Settling);
                running.push(work(context, change, &arns, events, Stage::Settle { began, made: Instant::now() }));
            }
            (Ok(()), stage) => {
                let done = stage.over(change, first);
                states.insert(&change.logical_id, State::Done);
                tell(Event::finished(change, done.seconds()));
                outcome.finished.push(done);
            }
            (Err(error), _) => {
                states.insert(&change.logical_id, State::Failed(change.logical_id.clone()));
                tell(Event::failed(change, (&error).into()));
                outcome.failures.push((change.clone(), error));
            }
        }
    }
    drop(running);
    let left_in = |wanted| states.iter().filter(move |(_, state)| **state == wanted).map(|(id, _)| (*id).to_owned());
    outcome.not_begun = left_in(State::Waiting).collect();
    outcome.abandoned = left_in(State::Running).chain(left_in(State::Settling)).collect();
    outcome
}

/// What blocks a change: creations wait for their dependencies, deletions for their dependents, and orphans for
/// everything that takes their place.
fn blockers<'a>(change: &'a Change, changes: &'a [&'a Change]) -> impl Iterator<Item = &'a str> {
    changes
        .iter()
        .filter(move |other| match (change.action, other.action) {
            (Action::Delete, Action::Delete) => other.desired.needs.contains(&change.logical_id),
            (Action::Delete, _) => true,
            (_, Action::Delete) => false,
            _ => change.desired.needs.contains(&other.logical_id),
        })
        .map(|other| other.logical_id.as_str())
}

fn can_begin(change: &Change, changes: &[&Change], states: &BTreeMap<&str, State>) -> bool {
    let is_made = |id: &str| matches!(states.get(id), Some(State::Settling | State::Done));
    states.get(change.logical_id.as_str()) == Some(&State::Waiting) && blockers(change, changes).all(is_made)
}

/// Skips every change with a failed blocker, transitively.
fn skip<'a>(
    changes: &[&'a Change],
    states: &mut BTreeMap<&'a str, State>,
    outcome: &mut Outcome,
    tell: &impl Fn(Event),
) {
    loop {
        let hopeless = changes.iter().find_map(|change| {
            if states.get(change.logical_id.as_str()) != Some(&State::Waiting) {
                return None;
            }
            blockers(change, changes).find_map(|id| match states.get(id) {
                Some(State::Failed(root)) => Some((*change, root.clone())),
                _ => None,
            })
        });
        let Some((change, root)) = hopeless else { return };
        states.insert(&change.logical_id, State::Failed(root.clone()));
        outcome.skipped.push(change.logical_id.clone());
        tell(Event::ResourceSkipped { logical_id: change.logical_id.clone(), because: root });
    }
}

/// The current stage of a change, and when it began.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Make { began: Instant },
    Settle { began: Instant, made: Instant },
}

impl Stage {
    /// The finished change, if this stage ends now.
    fn over(self, change: &Change, first: Instant) -> Finished {
        let now = Instant::now();
        let (began, made) = match self {
            Self::Make { began } => (began, now),
            Self::Settle { began, made } => (began, made),
        };
        let after = |moment: Instant| moment.duration_since(first).as_secs_f64();
        Finished { change: change.clone(), began: after(began), made: after(made), ended: after(now) }
    }
}

/// A stage that is over.
struct Ended<'a> {
    change: &'a Change,
    stage: Stage,
    result: Result<(), AwsError>,
}

async fn work<'a>(
    context: &Context<'_>,
    change: &'a Change,
    arns: &StackArns,
    events: &UnboundedSender<Event>,
    stage: Stage,
) -> Ended<'a> {
    let context = Context { progress: Progress::of(change, events), ..context.clone() };
    let result = match provider(&change.resource_type) {
        Some(provider) => carry_out(&context, provider, change, arns, stage).await,
        None => Ok(()),
    };
    Ended { change, stage, result }
}

/// Runs a stage of a change, with retries for what this or an earlier run only just created.
async fn carry_out(
    context: &Context<'_>,
    provider: &dyn Provider,
    change: &Change,
    arns: &StackArns,
    stage: Stage,
) -> Result<(), AwsError> {
    let may_concern = |error: &AwsError| arns.may_concern(change, error);
    if matches!((change.action, stage), (Action::Delete | Action::Replace, Stage::Make { .. })) {
        refuse_loss(context, change).await?;
    }
    if change.action == Action::Replace && matches!(stage, Stage::Make { .. }) {
        // Retried separately, so that a failed re-creation does not repeat the deletion.
        retry_on_new(&context.progress, may_concern, || provider.delete(context, &change.desired)).await?;
    }
    retry_on_new(&context.progress, may_concern, || async {
        match (stage, change.action) {
            (Stage::Settle { .. }, _) => provider.settle(context, &change.desired).await,
            (_, Action::Create | Action::Replace) => provider.create(context, &change.desired).await,
            (_, Action::Update) => provider.update(context, change).await,
            (_, Action::Delete) => provider.delete(context, &change.desired).await,
            (_, Action::None) => Ok(()),
        }
    })
    .await
}
