//! Lambda and the table in memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::FunctionConfiguration;
use aws_sdk_lambda::types::builders::FunctionConfigurationBuilder;
use incident_model::analysis::FunctionHistory;
use incident_model::time::rfc3339;
use tokio::time::{Instant, sleep};

use super::super::Snapshots;
use super::super::functions::{Functions, Page};
use super::super::memory::{Known, Memory};
use super::super::round::Round;
use crate::refused::Refused;

/// 2026-11-01T00:00:00Z.
pub(super) const START: i64 = 1_793_491_200;
pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 3600;
const PAGE: usize = 50;

/// An account with functions.
pub(super) struct World {
    now: Cell<i64>,
    functions: RefCell<BTreeMap<String, FunctionConfigurationBuilder>>,
    items: RefCell<BTreeMap<String, Known>>,
    pub(super) round: RefCell<(Round, u64)>,
    /// When each function was last seen, and the longest time in which one was not.
    seen: RefCell<BTreeMap<String, i64>>,
    longest: Cell<i64>,
    /// Calls of ListFunctions in each sweep; the markers of the pages that were asked for.
    pub(super) calls: RefCell<Vec<u64>>,
    pub(super) taken: RefCell<Vec<String>>,
    last_call: Cell<Option<Instant>>,
    pub(super) shortest_pause: Cell<Duration>,
    pub(super) latency: Cell<Duration>,
    /// Aliases and reserved concurrency of functions that have them; the calls that asked for them, and the code of each.
    aliases: RefCell<BTreeMap<String, BTreeMap<String, String>>>,
    reserved: RefCell<BTreeMap<String, u64>>,
    pub(super) asked: RefCell<Vec<String>>,
    /// Smaller pages of functions for them.
    pub(super) lists: Cell<u64>,
    pub(super) beside_refusal: RefCell<Option<&'static str>>,
    /// Writes of snapshots for aliases and reserved concurrency.
    pub(super) beside_writes: Cell<u64>,
    /// Other writes of snapshots; reads and writes of the round.
    pub(super) writes: Cell<u64>,
    /// Snapshots that were read.
    pub(super) reads: Cell<u64>,
    pub(super) round_reads: Cell<u64>,
    pub(super) round_writes: Cell<u64>,
    /// Lambda's code for every page.
    pub(super) refusal: RefCell<Option<&'static str>>,
    pub(super) is_marker_forgotten: Cell<bool>,
    /// Writes of snapshots until the table is throttled.
    pub(super) writes_left: Cell<u64>,
    /// Whether the round is not written after a page.
    pub(super) is_stuck_at_save: Cell<bool>,
}

fn refused(call: &'static str, code: &str) -> Refused {
    Refused { call, code: code.to_owned(), message: "refused".to_owned() }
}

fn name(number: usize) -> String {
    format!("f-{number:05}")
}

impl World {
    pub(super) fn of(functions: usize) -> Self {
        let world = Self {
            now: Cell::new(START),
            functions: RefCell::default(),
            items: RefCell::default(),
            round: RefCell::default(),
            seen: RefCell::default(),
            longest: Cell::default(),
            calls: RefCell::default(),
            taken: RefCell::default(),
            last_call: Cell::default(),
            shortest_pause: Cell::new(Duration::MAX),
            latency: Cell::new(Duration::from_millis(50)),
            aliases: RefCell::default(),
            reserved: RefCell::default(),
            asked: RefCell::default(),
            lists: Cell::default(),
            beside_refusal: RefCell::default(),
            beside_writes: Cell::default(),
            writes: Cell::default(),
            reads: Cell::default(),
            round_reads: Cell::default(),
            round_writes: Cell::default(),
            refusal: RefCell::default(),
            is_marker_forgotten: Cell::default(),
            writes_left: Cell::new(u64::MAX),
            is_stuck_at_save: Cell::default(),
        };
        world.resize(functions);
        world
    }

    pub(super) fn resize(&self, functions: usize) {
        let now = self.functions.borrow().len();
        (now..functions).for_each(|number| self.create(&name(number)));
        (functions..now).for_each(|number| self.delete(&name(number)));
    }

    pub(super) fn create(&self, name: &str) {
        let function = FunctionConfiguration::builder().function_name(name).memory_size(512).code_sha256("old");
        let function = function.last_modified(rfc3339(self.now()));
        self.functions.borrow_mut().insert(name.to_owned(), function);
    }

    pub(super) fn delete(&self, name: &str) {
        self.functions.borrow_mut().remove(name);
        self.seen.borrow_mut().remove(name);
    }

    pub(super) fn change(
        &self,
        name: &str,
        change: impl Fn(FunctionConfigurationBuilder) -> FunctionConfigurationBuilder,
    ) {
        let mut functions = self.functions.borrow_mut();
        if let Some(function) = functions.get_mut(name) {
            *function = change(function.clone()).last_modified(rfc3339(self.now()));
        }
    }

    pub(super) fn lead(&self, name: &str, alias: &str, version: &str) {
        let mut aliases = self.aliases.borrow_mut();
        aliases.entry(name.to_owned()).or_default().insert(alias.to_owned(), version.to_owned());
    }

    pub(super) fn reserve(&self, name: &str, reserved: Option<u64>) {
        let mut all = self.reserved.borrow_mut();
        match reserved {
            Some(reserved) => all.insert(name.to_owned(), reserved),
            None => all.remove(name),
        };
    }

    /// Notes the time of a call.
    fn called(&self) {
        let now = Instant::now();
        if let Some(last) = self.last_call.replace(Some(now)) {
            self.shortest_pause.set(self.shortest_pause.get().min(now - last));
        }
    }

    /// A call about aliases or reserved concurrency.
    async fn asked(&self, call: &'static str, name: &str) -> Result<(), Refused> {
        self.called();
        self.asked.borrow_mut().push(name.to_owned());
        sleep(self.latency.get()).await;
        match *self.beside_refusal.borrow() {
            Some(code) => Err(refused(call, code)),
            None => Ok(()),
        }
    }

    pub(super) fn configuration(&self, name: &str) -> FunctionConfiguration {
        self.functions.borrow().get(name).cloned().unwrap_or_default().build()
    }

    pub(super) fn known_of(&self, name: &str) -> Known {
        let none = || Known { history: FunctionHistory::default(), expires_at: None };
        self.items.borrow().get(name).cloned().unwrap_or_else(none)
    }

    pub(super) fn now(&self) -> i64 {
        self.now.get()
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.now.set(self.now() + seconds);
    }

    pub(super) fn handler(&self) -> Snapshots<&Self, &Self> {
        Snapshots::new(self, self, true)
    }

    /// The sweeps of a handler that stays warm.
    pub(super) async fn sweep_for(&self, seconds: i64) {
        let handler = self.handler();
        for _ in 0..seconds / MINUTE {
            self.sweep_with(&handler).await;
        }
    }

    /// One sweep of a handler, and the minute after it.
    pub(super) async fn sweep_with(&self, handler: &Snapshots<&Self, &Self>) {
        self.calls.borrow_mut().push(0);
        self.last_call.set(None);
        handler.take(self.now()).await;
        self.pass(MINUTE);
    }

    /// The longest time in which a function was not seen, from its creation or first sight until now.
    pub(super) fn longest_unseen(&self) -> i64 {
        let seen = self.seen.borrow();
        let functions = self.functions.borrow();
        assert!(functions.keys().all(|name| seen.contains_key(name)), "each is seen");
        let open = seen.values().map(|at| self.now() - at).max().unwrap_or(0);
        open.max(self.longest.get())
    }
}

impl Functions for &World {
    async fn page(&self, marker: Option<&str>) -> Result<Page, Refused> {
        self.called();
        if let Some(calls) = self.calls.borrow_mut().last_mut() {
            *calls += 1;
        }
        sleep(self.latency.get()).await;
        if let Some(code) = *self.refusal.borrow() {
            return Err(refused("lambda:ListFunctions", code));
        }
        if marker.is_some() && self.is_marker_forgotten.get() {
            return Err(refused("lambda:ListFunctions", "InvalidParameterValueException"));
        }
        self.taken.borrow_mut().push(marker.unwrap_or_default().to_owned());
        let functions = self.functions.borrow();
        let mut rest = functions.range(marker.unwrap_or_default().to_owned()..);
        let page: Vec<_> = rest.by_ref().take(PAGE).collect();
        for (name, _) in &page {
            if let Some(before) = self.seen.borrow_mut().insert((*name).clone(), self.now()) {
                self.longest.set(self.longest.get().max(self.now() - before));
            }
        }
        let functions = page.into_iter().map(|(_, function)| function.clone().build()).collect();
        Ok(Page { functions, marker: rest.next().map(|(name, _)| name.clone()) })
    }

    async fn some(&self, marker: Option<&str>, most: i32) -> Result<Page, Refused> {
        self.called();
        sleep(self.latency.get()).await;
        self.lists.set(self.lists.get() + 1);
        let functions = self.functions.borrow();
        let mut rest = functions.range(marker.unwrap_or_default().to_owned()..);
        let page = rest.by_ref().take(usize::try_from(most).unwrap_or(0));
        let functions = page.map(|(_, function)| function.clone().build()).collect();
        Ok(Page { functions, marker: rest.next().map(|(name, _)| name.clone()) })
    }

    async fn aliases(&self, name: &str) -> Result<BTreeMap<String, String>, Refused> {
        self.asked("lambda:ListAliases", name).await?;
        Ok(self.aliases.borrow().get(name).cloned().unwrap_or_default())
    }

    async fn reserved(&self, name: &str) -> Result<Option<u64>, Refused> {
        self.asked("lambda:GetFunctionConcurrency", name).await?;
        Ok(self.reserved.borrow().get(name).copied())
    }

    async fn function(&self, name: &str) -> Result<GetFunctionConfigurationOutput, Refused> {
        let functions = self.functions.borrow();
        if !functions.contains_key(name) {
            return Err(refused("lambda:GetFunctionConfiguration", "ResourceNotFoundException"));
        }
        let function = self.configuration(name);
        Ok(GetFunctionConfigurationOutput::builder()
            .set_function_name(function.function_name)
            .set_memory_size(function.memory_size)
            .set_timeout(function.timeout)
            .set_code_sha256(function.code_sha256)
            .set_last_modified(function.last_modified)
            .build())
    }
}

impl Memory for &World {
    async fn round(&self) -> Result<(Round, u64), Refused> {
        self.round_reads.set(self.round_reads.get() + 1);
        let read = self.round.borrow().clone();
        sleep(Duration::from_millis(5)).await;
        Ok(read)
    }

    async fn save(&self, round: &Round, version: u64) -> Result<bool, Refused> {
        if self.is_stuck_at_save.get() && !self.taken.borrow().is_empty() {
            std::future::pending::<()>().await;
        }
        sleep(Duration::from_millis(5)).await;
        let mut kept = self.round.borrow_mut();
        if kept.1 != version {
            return Ok(false);
        }
        self.round_writes.set(self.round_writes.get() + 1);
        *kept = (round.clone(), version + 1);
        Ok(true)
    }

    async fn known(&self, functions: &[&str]) -> Result<BTreeMap<String, Known>, Refused> {
        self.reads.set(self.reads.get() + functions.len() as u64);
        let items = self.items.borrow();
        let found = functions.iter().filter_map(|name| Some(((*name).to_owned(), items.get(*name)?.clone())));
        Ok(found.collect())
    }

    async fn keep(
        &self,
        function: &str,
        history: &FunctionHistory,
        read: Option<&Known>,
        expires_at: i64,
    ) -> Result<(), Refused> {
        let Some(left) = self.writes_left.get().checked_sub(1) else {
            return Err(refused("dynamodb:PutItem", "ThrottlingException"));
        };
        self.writes_left.set(left);
        let mut items = self.items.borrow_mut();
        let times = |known: &Known| (known.history.seen_at, known.history.beside_at);
        if items.get(function).map(times) == read.map(times) {
            let is_beside = read.is_some_and(|read| read.history.beside_at != history.beside_at);
            let writes = if is_beside { &self.beside_writes } else { &self.writes };
            writes.set(writes.get() + 1);
            items.insert(function.to_owned(), Known { history: history.clone(), expires_at: Some(expires_at) });
        }
        Ok(())
    }
}
