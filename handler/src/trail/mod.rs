//! Who made the change that an analysis suspects, according to CloudTrail: switched on by people only.
//!
//! CloudTrail knows a call minutes after it, answers two requests a second of the whole account and region, and takes one
//! attribute: the call's name, exactly, so that the function is picked from the answer. That is nothing for an alert to wait
//! for. After a sweep, recent incidents are looked at until CloudTrail knows the change or should have: the answer goes into
//! the record and its timeline, and into no mail.

mod author;
mod lookup;
mod memory;
mod question;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use incident_model::Incident;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use crate::clients::Clients;
use crate::function_name::is_function_name;
use crate::log;
use crate::refused::Refused;
use crate::settings::Settings;
use author::Author;
use lookup::Lookup;
pub(crate) use lookup::OnCloudTrail;
pub(crate) use memory::TableMemory;
use memory::{Memory, Suspect};
use question::{Call, Question, is_change};

/// Longest time of one sweep's calls.
const BUDGET: Duration = Duration::from_secs(10);
/// Shortest time between two calls: a quarter of what CloudTrail answers
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>).
const BETWEEN_CALLS: Duration = Duration::from_secs(2);
/// Calls of one sweep.
const MOST_CALLS: u32 = 4;
/// Pages of one question's call.
const MOST_PAGES: usize = 2;
/// How long, in seconds, an incident is looked at: longer than CloudTrail takes.
const RECENT: i64 = 30 * 60;
/// How soon, in seconds, the same question is asked again.
const AGAIN: i64 = 3 * 60;
/// How long, in seconds, nothing is asked after a call that the role may not make.
const DENIED_SECONDS: i64 = 15 * 60;

/// Looks up who made changes.
#[derive(Debug)]
pub(crate) struct Trail<L, M> {
    lookup: L,
    memory: M,
    settings: Settings,
    /// When CloudTrail may be asked again, in seconds since 1970.
    next_at: AtomicI64,
    /// When each question was last asked, in seconds since 1970; later than now if it is answered.
    asked: Mutex<BTreeMap<String, i64>>,
    /// The code of the last error, which is logged once.
    failing: Mutex<Option<String>>,
}

impl Trail<OnCloudTrail, TableMemory> {
    /// That of a stack.
    pub(crate) fn on_aws(settings: &Settings, clients: &Clients) -> Self {
        let memory = TableMemory::new(clients.dynamodb.clone(), settings.table.clone());
        Self::new(OnCloudTrail(clients.evidence.clone()), memory, settings.clone())
    }
}

/// The calls that are left to a sweep.
#[derive(Debug)]
struct Calls {
    left: u32,
    last: Option<Instant>,
}

impl Calls {
    /// Waits until the next call may be made.
    async fn next(&mut self) {
        if let Some(last) = self.last {
            sleep((last + BETWEEN_CALLS).saturating_duration_since(Instant::now())).await;
        }
        self.last = Some(Instant::now());
        self.left = self.left.saturating_sub(1);
    }
}

impl<L: Lookup, M: Memory> Trail<L, M> {
    pub(crate) fn new(lookup: L, memory: M, settings: Settings) -> Self {
        let (asked, failing) = (Mutex::default(), Mutex::default());
        Self { lookup, memory, settings, next_at: AtomicI64::new(0), asked, failing }
    }

    /// Looks up the changes that recent incidents suspect, and those of what a sweep has just looked at. The first call that
    /// fails ends it until the next sweep: nothing depends on it.
    pub(crate) async fn look(&self, looked_at: &[Incident], now: i64) {
        let is_on = self.settings.analysis.changes && self.settings.analysis.who;
        if !is_on || now < self.next_at.load(Ordering::Relaxed) {
            return;
        }
        match timeout(BUDGET, self.answer_all(looked_at, now)).await {
            // What is left is asked after the next sweep.
            Err(_) => {}
            Ok(Ok(())) => drop(self.failing.lock().unwrap_or_else(PoisonError::into_inner).take()),
            Ok(Err(error)) => {
                if error.is_denied() {
                    self.next_at.store(now + DENIED_SECONDS, Ordering::Relaxed);
                }
                self.report(&error);
            }
        }
    }

    async fn answer_all(&self, looked_at: &[Incident], now: i64) -> Result<(), Refused> {
        let questions = self.questions(looked_at, now).await?;
        if questions.is_empty() || !self.memory.claim(now).await? {
            return Ok(());
        }
        let mut calls = Calls { left: MOST_CALLS, last: None };
        let mut answers: BTreeMap<(String, i64), Option<Author>> = BTreeMap::new();
        for question in &questions {
            let change = (question.function.clone(), question.changed_at);
            let author = match answers.get(&change) {
                Some(known) => known.clone(),
                None if calls.left == 0 => continue,
                None => self.author(question, &mut calls).await?,
            };
            self.record(question, author.as_ref(), now).await?;
            answers.insert(change, author);
        }
        Ok(())
    }

    /// The questions to ask now, the ones that waited longest first.
    async fn questions(&self, looked_at: &[Incident], now: i64) -> Result<Vec<Question>, Refused> {
        let recent = self.memory.suspects(now - RECENT, now).await?;
        let looked_at = looked_at.iter().filter(|incident| incident.cause.is_some_and(is_change));
        let looked_at = looked_at.filter(|incident| incident.names_function()).map(|incident| Suspect {
            incident_id: incident.incident_id.clone(),
            function: incident.resource.clone(),
            account: incident.account.clone(),
            region: incident.region.clone(),
        });
        let suspects: BTreeSet<Suspect> = recent.into_iter().chain(looked_at).collect();
        let is_ours =
            |one: &Suspect| self.settings.is_here(&one.account, &one.region) && is_function_name(&one.function);
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        asked.retain(|id, _| suspects.iter().any(|suspect| suspect.incident_id == *id));
        let is_due = |one: &Suspect| asked.get(&one.incident_id).is_none_or(|at| now - at >= AGAIN);
        let due: Vec<Suspect> = suspects.iter().filter(|one| is_ours(one) && is_due(one)).cloned().collect();
        let mut open = self.memory.open(&due).await?;
        open.sort_by_key(|question| (asked.get(&question.incident_id).copied(), question.changed_at));
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = asked;
        Ok(open)
    }

    /// Who made a change, of those whose calls CloudTrail has by now: the last one before its time.
    async fn author(&self, question: &Question, calls: &mut Calls) -> Result<Option<Author>, Refused> {
        for call in &question.calls {
            let found = self.authors(call, &question.function, calls).await?;
            let distance = |author: &Author| (author.at - question.changed_at).abs();
            if let Some(author) = found.into_iter().min_by_key(distance) {
                return Ok(Some(author));
            }
        }
        Ok(None)
    }

    async fn authors(&self, call: &Call, function: &str, calls: &mut Calls) -> Result<Vec<Author>, Refused> {
        let (mut authors, mut next) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            calls.next().await;
            let page = self.lookup.page(call, next).await?;
            authors.extend(page.events.iter().filter_map(|event| Author::of(event, function)));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        Ok(authors)
    }

    async fn record(&self, question: &Question, author: Option<&Author>, now: i64) -> Result<(), Refused> {
        let is_open = author.is_none() && !question.is_late(now);
        if is_open {
            self.remember(question, now);
            return Ok(());
        }
        let is_new = self.memory.answer(question, author).await?;
        if let Some(author) = author.filter(|_| is_new) {
            self.note(question, author, now).await;
        }
        // It is not read again while it is recent.
        self.remember(question, now + RECENT);
        Ok(())
    }

    fn remember(&self, question: &Question, at: i64) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(question.incident_id.clone(), at);
    }

    /// Adds the entry to the timeline. A history that lacks it is no reason to ask again.
    async fn note(&self, question: &Question, author: &Author, now: i64) {
        let id = &question.incident_id;
        match self.memory.note(id, author, now).await {
            Ok(()) => log::line("author", json!({ "incident_id": id, "who": author.who })),
            Err(error) => log::line("not-noted", json!({ "incident_id": id, "error": error.to_string() })),
        }
    }

    /// Logs an error, unless the last one was the same.
    fn report(&self, error: &Refused) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        if failing.as_ref() != Some(&error.code) {
            log::line("no-author", json!({ "error": error.to_string() }));
            *failing = Some(error.code.clone());
        }
    }
}
