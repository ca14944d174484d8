//! The trail on a CloudTrail and a table in memory, in virtual time: a sweep every minute.

use std::cell::{Cell, RefCell};

use incident_model::analysis::AnalysisPolicy;

use super::lookup::Page;
use super::*;
use crate::store::StoreError;

/// 2026-11-27T09:58:00Z.
const START: i64 = 1_795_773_480;
const MINUTE: i64 = 60;

/// A call that CloudTrail shows from some time on.
struct Recorded {
    name: &'static str,
    function: String,
    at: i64,
    visible_at: i64,
    who: &'static str,
}

#[derive(Default)]
struct World {
    now: Cell<i64>,
    recorded: RefCell<Vec<Recorded>>,
    questions: RefCell<Vec<Question>>,
    answers: RefCell<BTreeMap<String, String>>,
    notes: RefCell<Vec<String>>,
    /// The times of calls, and their names.
    calls: RefCell<Vec<(Instant, i64, &'static str)>>,
    refusal: RefCell<Option<&'static str>>,
    claimed_until: Cell<i64>,
    reads: Cell<u64>,
}

fn question(number: usize, function: &str, changed_at: i64) -> Question {
    let call = |name| Call { name, from: changed_at - 120, to: changed_at + 30 };
    Question {
        incident_id: format!("inc-{number:03}"),
        function: function.to_owned(),
        changed_at,
        analysed_at: "2026-11-27T10:00:00.000Z".to_owned(),
        says_missing: false,
        calls: vec![call("UpdateFunctionCode20150331v2"), call("UpdateFunctionConfiguration20150331v2")],
    }
}

impl World {
    fn new() -> Self {
        Self { now: Cell::new(START + MINUTE), ..Self::default() }
    }

    fn suspect(&self, function: &str, changed_at: i64) {
        let number = self.questions.borrow().len();
        self.questions.borrow_mut().push(question(number, function, changed_at));
    }

    fn record(&self, name: &'static str, function: &str, at: i64, visible_at: i64, who: &'static str) {
        self.recorded.borrow_mut().push(Recorded { name, function: function.to_owned(), at, visible_at, who });
    }

    fn handler(&self) -> Trail<&Self, &Self> {
        let analysis = AnalysisPolicy { who: true, ..AnalysisPolicy::default() };
        Trail::new(self, self, Settings { analysis, ..Settings::of_devops() })
    }

    async fn sweep_for(&self, trail: &Trail<&Self, &Self>, minutes: i64) {
        for _ in 0..minutes {
            let begun = Instant::now();
            trail.look(&[], self.now.get()).await;
            assert!(begun.elapsed() <= BUDGET);
            sleep(Duration::from_secs(60) - begun.elapsed()).await;
            self.now.set(self.now.get() + MINUTE);
        }
    }

    fn answer(&self, number: usize) -> Option<String> {
        self.answers.borrow().get(&format!("inc-{number:03}")).cloned()
    }
}

impl Lookup for &World {
    async fn page(&self, call: &Call, next: Option<String>) -> Result<Page, Refused> {
        self.calls.borrow_mut().push((Instant::now(), self.now.get(), call.name));
        sleep(Duration::from_millis(200)).await;
        if let Some(code) = *self.refusal.borrow() {
            let message = "refused".to_owned();
            return Err(Refused { call: "cloudtrail:LookupEvents", code: code.to_owned(), message });
        }
        let recorded = self.recorded.borrow();
        let shown: Vec<String> = recorded
            .iter()
            .filter(|one| one.name == call.name && (call.from..=call.to).contains(&one.at))
            .filter(|one| one.visible_at <= self.now.get())
            .map(|one| {
                let arn = format!("arn:aws:sts::111111111111:assumed-role/{}/session", one.who);
                let at = incident_model::time::rfc3339(one.at);
                json!({
                    "eventName": one.name, "eventTime": at, "userIdentity": {"arn": arn},
                    "requestParameters": {"functionName": one.function},
                })
                .to_string()
            })
            .collect();
        let from = next.and_then(|next| next.parse::<usize>().ok()).unwrap_or(0);
        let events = shown.iter().skip(from).take(50).cloned().collect();
        Ok(Page { events, next: (shown.len() > from + 50).then(|| (from + 50).to_string()) })
    }
}

impl Memory for &World {
    async fn suspects(&self, _since: i64, _now: i64) -> Result<Vec<Suspect>, Refused> {
        let suspect = |question: &Question| Suspect {
            incident_id: question.incident_id.clone(),
            function: question.function.clone(),
            account: "111111111111".to_owned(),
            region: if question.function == "elsewhere" { "us-east-1" } else { "eu-west-1" }.to_owned(),
        };
        Ok(self.questions.borrow().iter().map(suspect).collect())
    }

    async fn open(&self, suspects: &[Suspect]) -> Result<Vec<Question>, Refused> {
        self.reads.set(self.reads.get() + suspects.len() as u64);
        let is_asked = |question: &Question| suspects.iter().any(|one| one.incident_id == question.incident_id);
        let is_open = |question: &Question| !self.answers.borrow().contains_key(&question.incident_id);
        let questions = self.questions.borrow();
        Ok(questions.iter().filter(|one| is_asked(one) && is_open(one)).cloned().collect())
    }

    async fn claim(&self, now: i64) -> Result<bool, Refused> {
        let is_free = now >= self.claimed_until.get();
        if is_free {
            self.claimed_until.set(now + 40);
        }
        sleep(Duration::from_millis(5)).await;
        Ok(is_free)
    }

    async fn answer(&self, question: &Question, author: Option<&Author>) -> Result<bool, Refused> {
        let who = author.map(|author| author.who.clone()).unwrap_or_default();
        Ok(self.answers.borrow_mut().insert(question.incident_id.clone(), who).is_none())
    }

    async fn note(&self, incident_id: &str, author: &Author, _now: i64) -> Result<(), StoreError> {
        self.notes.borrow_mut().push(format!("{incident_id} {}", author.who));
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_comes_when_cloudtrail_has_it_and_is_noted_once() {
    let world = World::new();
    world.suspect("orders", START);
    world.record("UpdateFunctionCode20150331v2", "bills", START, START, "someone-else");
    world.record("UpdateFunctionCode20150331v2", "orders", START, START + 7 * MINUTE, "ci");
    let trail = world.handler();
    world.sweep_for(&trail, 5).await;
    assert_eq!(world.answer(0), None, "it is late");
    world.sweep_for(&trail, 25).await;
    assert_eq!(world.answer(0).as_deref(), Some("role/ci"));
    assert_eq!(*world.notes.borrow(), ["inc-000 role/ci"]);
    let last = world.calls.borrow().last().map(|(_, at, _)| *at);
    assert!(last.is_some_and(|at| at <= START + 10 * MINUTE), "an answered question is asked no more: {last:?}");
    let calls = world.calls.borrow().len();
    assert!(calls <= 8, "every three minutes, two names: {calls}");
}

#[tokio::test(start_paused = true)]
async fn what_cloudtrail_does_not_have_is_given_up() {
    let world = World::new();
    world.suspect("orders", START);
    let trail = world.handler();
    world.sweep_for(&trail, 18).await;
    assert_eq!(world.answer(0), None);
    world.sweep_for(&trail, 12).await;
    assert_eq!(world.answer(0).as_deref(), Some(""));
    assert_eq!(world.notes.borrow().len(), 0);
    assert!(world.calls.borrow().iter().all(|(_, at, _)| *at <= START + 24 * MINUTE));
}

/// Of two calls the one nearest to the change counts; another name is asked for where the first has none.
#[tokio::test(start_paused = true)]
async fn the_author_is_the_one_of_the_change() {
    let world = World::new();
    world.suspect("orders", START);
    world.suspect("bills", START);
    world.suspect("elsewhere", START);
    world.record("UpdateFunctionCode20150331v2", "orders", START - 100, START, "before");
    world.record("UpdateFunctionCode20150331v2", "orders", START - 1, START, "ci");
    let bills = "arn:aws:lambda:eu-west-1:111111111111:function:bills";
    world.record("UpdateFunctionConfiguration20150331v2", bills, START, START, "ops");
    let trail = world.handler();
    world.sweep_for(&trail, 2).await;
    assert_eq!(world.answer(0).as_deref(), Some("role/ci"));
    assert_eq!(world.answer(1).as_deref(), Some("role/ops"));
    assert_eq!(world.answer(2), None, "it is of another region");
}

/// A layer that breaks a hundred functions: one deployment, many questions, and CloudTrail's other users get its answers.
#[tokio::test(start_paused = true)]
async fn many_questions_make_few_calls() {
    let world = World::new();
    for number in 0..60 {
        let function = format!("f-{number}");
        world.suspect(&function, START + number);
        world.record("UpdateFunctionCode20150331v2", &function, START + number, START, "ci");
    }
    // The same change is asked about once.
    (0..10).for_each(|_| world.suspect("f-0", START));
    let trail = world.handler();
    world.sweep_for(&trail, 25).await;
    assert_eq!(world.answers.borrow().len(), 70);
    let calls = world.calls.borrow();
    assert!(calls.windows(2).all(|pair| pair[1].0 - pair[0].0 >= BETWEEN_CALLS), "{calls:?}");
    let mut by_sweep = BTreeMap::new();
    calls.iter().for_each(|(_, at, _)| *by_sweep.entry(*at).or_insert(0) += 1);
    assert!(by_sweep.values().all(|calls| *calls <= 5), "{by_sweep:?}");
    assert!(world.reads.get() < 70 * 25, "what is answered is not read again");
}

#[tokio::test(start_paused = true)]
async fn two_sweeps_at_once_make_the_calls_of_one() {
    let world = World::new();
    (0..20).for_each(|number| world.suspect(&format!("f-{number}"), START));
    let (one, other) = (world.handler(), world.handler());
    tokio::join!(one.look(&[], world.now.get()), other.look(&[], world.now.get()));
    let calls = world.calls.borrow();
    assert!(calls.windows(2).all(|pair| pair[1].0 - pair[0].0 >= BETWEEN_CALLS), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_the_sweep() {
    for (code, calls) in [("AccessDeniedException", 2), ("ThrottlingException", 30)] {
        let world = World::new();
        (0..5).for_each(|number| world.suspect(&format!("f-{number}"), START));
        *world.refusal.borrow_mut() = Some(code);
        let trail = world.handler();
        world.sweep_for(&trail, 30).await;
        assert_eq!(world.calls.borrow().len(), calls, "{code}");
        assert_eq!(world.answers.borrow().len(), 0, "a refusal is no answer");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_off_unless_people_want_it() {
    let world = World::new();
    world.suspect("orders", START);
    let on = AnalysisPolicy { who: true, ..AnalysisPolicy::default() };
    for analysis in [AnalysisPolicy::default(), AnalysisPolicy { changes: false, ..on }] {
        let trail = Trail::new(&world, &world, Settings { analysis, ..Settings::of_devops() });
        trail.look(&[], world.now.get()).await;
    }
    assert_eq!((world.calls.borrow().len(), world.reads.get()), (0, 0));
}
