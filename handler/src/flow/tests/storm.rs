//! A storm on the runtime's paused clock: failures arrive at 2 000 a second, ten handlers take them in batches, and every
//! call of the table or the topic takes a round trip. What is counted on is held meanwhile, so that others conflict.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Write;
use std::time::Duration;

use incident_model::{Classification, Severity};
use tokio::time::Instant;

use super::alerting::minutes;
use super::interleaved::Dice;
use super::pressure::crash_of;
use super::*;

const HANDLERS: usize = 10;
const BATCH: usize = 10;
const FUNCTIONS: usize = 50;
/// Two of them begin to crash in the middle of the storm.
const CRITICAL: [usize; 2] = [24, 49];
const ARRIVALS_A_SECOND: u32 = 2_000;
/// One failure in this many is delivered twice.
const TWICE: usize = 20;
/// A call of DynamoDB or SNS from a function in the same region.
const ROUND_TRIP: Duration = Duration::from_millis(10);

/// A message and when it arrives.
struct Arrival {
    at: Instant,
    function: usize,
    is_critical: bool,
    event: Value,
}

/// The storm, in the order of arrival.
fn arrivals(count: usize) -> VecDeque<Arrival> {
    let (mut dice, begin) = (Dice(7), Instant::now());
    let mut arrivals = VecDeque::new();
    for number in 0..count {
        let at = begin + Duration::from_secs(1) * u32::try_from(number).unwrap_or(u32::MAX) / ARRIVALS_A_SECOND;
        let function = dice.below(FUNCTIONS);
        let is_critical = CRITICAL.contains(&function) && number > count / 2;
        let (name, id) = (format!("function-{function}"), format!("e{number}"));
        let event = if is_critical { crash_of(&name, &id) } else { failure_of(&name, &id) };
        for _ in 0..=usize::from(number % TWICE == 0) {
            arrivals.push_back(Arrival { at, function, is_critical, event: event.clone() });
        }
    }
    arrivals
}

/// What became of the storm.
struct Storm {
    flow: Flow<Memory, Mailbox>,
    rules: Rules,
    waiting: RefCell<VecDeque<Arrival>>,
    /// When each batch was received.
    batches: RefCell<Vec<Instant>>,
    /// When the first CRITICAL failure arrived, and when it was received.
    critical: Cell<Option<(Instant, Instant)>>,
    /// Distinct failures by function and severity.
    expected: BTreeMap<(String, bool), u64>,
    deliveries: usize,
    begin: Instant,
    /// Seconds that the handlers' clock was moved by.
    passed: Cell<u64>,
}

impl Storm {
    fn of(count: usize) -> Result<Self, RulesError> {
        let waiting = arrivals(count);
        let mut expected = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for arrival in &waiting {
            if seen.insert(arrival.event["id"].to_string()) {
                *expected.entry((format!("function-{}", arrival.function), arrival.is_critical)).or_default() += 1;
            }
        }
        let flow = flow();
        flow.context.clock.stop();
        flow.context.store.script.take(ROUND_TRIP);
        Ok(Self {
            flow,
            rules: Rules::defaults()?,
            deliveries: waiting.len(),
            waiting: RefCell::new(waiting),
            batches: RefCell::default(),
            critical: Cell::default(),
            expected,
            begin: Instant::now(),
            passed: Cell::new(0),
        })
    }

    /// What one handler does until nothing arrives any more.
    async fn handle(&self) -> Tested {
        loop {
            let next = self.waiting.borrow().front().map(|arrival| arrival.at);
            let Some(next) = next else { return Ok(()) };
            if next > Instant::now() {
                tokio::time::sleep_until(next).await;
                continue;
            }
            let events = self.receive();
            self.flow.breaker.reset();
            for handled in self.flow.handle_all(&events).await {
                handled?;
            }
        }
    }

    /// The events of the next batch.
    fn receive(&self) -> Vec<Classification> {
        let now = Instant::now();
        let elapsed = (now - self.begin).as_secs();
        self.flow.context.clock.pass(i64::try_from(elapsed - self.passed.replace(elapsed)).unwrap_or_default());
        self.batches.borrow_mut().push(now);
        let mut waiting = self.waiting.borrow_mut();
        let arrived = waiting.iter().take(BATCH).take_while(|arrival| arrival.at <= now).count();
        let mut events = Vec::new();
        for arrival in waiting.drain(..arrived) {
            if arrival.is_critical && self.critical.get().is_none() {
                self.critical.set(Some((arrival.at, now)));
            }
            events.extend(Reading::of(&arrival.event, &self.flow.context.settings, &self.rules).events);
        }
        events
    }

    /// The batches that were received between the arrival of the first CRITICAL failure and its receipt, and from then until
    /// its mail.
    fn batches_before_critical_is_mailed(&self) -> Result<(usize, usize), Box<dyn std::error::Error>> {
        let subjects = self.flow.context.notifier.subjects();
        let position = subjects.iter().position(|subject| subject.starts_with("[CRITICAL]")).ok_or("no mail")?;
        let mailed = *self.flow.context.notifier.times().get(position).ok_or("no time")?;
        let (arrived, received) = self.critical.get().ok_or("no CRITICAL failure")?;
        let between = |from, to| self.batches.borrow().iter().filter(|at| (from..to).contains(*at)).count();
        Ok((between(arrived, received), between(received, mailed)))
    }
}

/// `INCIDENTCTL_TEST_STORM=1` sends a hundred thousand.
#[tokio::test(start_paused = true)]
async fn guarantee_3_a_storm_of_2000_a_second_is_counted_exactly_at_1000_a_second_and_critical_is_mailed_first()
-> Tested {
    let is_whole = std::env::var("INCIDENTCTL_TEST_STORM").is_ok_and(|value| value == "1");
    let storm = Storm::of(if is_whole { 100_000 } else { 2_000 })?;
    for handled in join_all((0..HANDLERS).map(|_| storm.handle())).await {
        handled?;
    }
    let elapsed = storm.begin.elapsed();
    let rate = storm.deliveries as f64 / elapsed.as_secs_f64();
    assert!(rate >= 1_000.0, "{rate:.0} a second");

    let incidents = storm.flow.context.store.incidents();
    let counted: BTreeMap<_, _> = incidents
        .iter()
        .map(|one| ((one.resource.clone(), one.severity == Severity::Critical), one.occurrences))
        .collect();
    assert_eq!(counted, storm.expected);
    let (queued, handled) = storm.batches_before_critical_is_mailed()?;
    assert!(handled <= 2 * HANDLERS, "{handled} batches before the mail about the first CRITICAL failure");
    let minutes_passed = usize::try_from(elapsed.as_secs() / 60)? + 1;
    let mails = storm.flow.context.notifier.count();
    // Six of any severity, one of CRITICAL and a digest.
    assert!(mails <= 8 * minutes_passed, "{mails} mails");
    minutes(&storm.flow, 2).await?;
    let incidents = storm.flow.context.store.incidents();
    assert!(incidents.iter().all(|incident| incident.notified_at.is_some()));
    let batches = storm.batches.borrow().len();
    Ok(writeln!(
        std::io::stderr(),
        "{rate:.0} a second, {batches} batches, {queued} + {handled} before the CRITICAL mail, {mails} mails"
    )?)
}
