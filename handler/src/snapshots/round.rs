//! A round through the pages of all functions, and its pace.
//!
//! A function is seen once in a round, at about the same place of each: rounds that begin every [`PERIOD`] and take the
//! same time see each function within the hour. So the pace follows the number of pages slowly: a page that would suddenly
//! come later in its round would be seen after more than an hour.

use serde::{Deserialize, Serialize};

use super::beside::Cursor;

/// From the beginning of a round to that of the next, in seconds.
pub(super) const PERIOD: i64 = 54 * 60;
/// The time over which a round's pages are spread, in seconds.
const SPREAD: i64 = 50 * 60;
/// Between two sweeps, in seconds.
const MINUTE: i64 = 60;
/// Pages of one sweep at most: 30 000 functions within the hour. With more of them a round takes longer.
const MOST_PAGES: u64 = 10;
/// The pace before the number of pages is known: [`MOST_PAGES`] a minute.
const FIRST_PACE: u64 = MOST_PAGES * (SPREAD / MINUTE) as u64;
/// The pace, in percent, that a round keeps of the last one's if there are fewer pages: four minutes later at the end of a
/// round at most.
const KEPT_PACE: u64 = 92;
/// How long, in seconds, a sweep has its pages for itself: longer than it may take, and over at the next one.
const CLAIM: i64 = 40;

/// The state of a round; one item of the table. Times are in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Round {
    /// When it began; 0 before the first.
    begun_at: i64,
    /// Where the next page begins; `None` at the begin, and when the round is complete.
    marker: Option<String>,
    is_complete: bool,
    /// Pages taken.
    pages: u64,
    /// Functions in them.
    functions: u64,
    /// The number of pages over which the round is spread.
    pace: u64,
    /// When the last complete round began: each function that existed then was seen later.
    complete_since: i64,
    /// Functions of the last complete round.
    last_functions: u64,
    /// Until when a sweep takes pages.
    claimed_until: i64,
    /// The round of aliases and reserved concurrency.
    pub(super) beside: Cursor,
}

impl Default for Round {
    fn default() -> Self {
        Self {
            begun_at: 0,
            marker: None,
            is_complete: true,
            pages: 0,
            functions: 0,
            pace: FIRST_PACE,
            complete_since: 0,
            last_functions: 0,
            claimed_until: 0,
            beside: Cursor::default(),
        }
    }
}

impl Round {
    /// The round in which a sweep takes pages now: this one or the next. `None` if nothing is due, or another sweep is at it.
    pub(crate) fn claimed(&self, now: i64) -> Option<Self> {
        // A clock that went back must not stop it.
        let is_free = now >= self.claimed_until || now < self.claimed_until - CLAIM;
        if !is_free {
            return None;
        }
        let mut round = self.clone();
        if round.is_complete && now >= round.next_page_at() {
            round.begin(now);
        }
        round.beside.start(now);
        round.claimed_until = now + CLAIM;
        (round.due(now) > 0 || round.beside.is_due(now)).then_some(round)
    }

    /// Ends the claim.
    pub(crate) fn release(&mut self) {
        self.claimed_until = 0;
    }

    /// The first page is next.
    pub(crate) fn begin(&mut self, now: i64) {
        let (is_complete, marker) = (false, None);
        *self = Self { begun_at: now, is_complete, marker, pages: 0, functions: 0, ..self.clone() };
    }

    /// The pages to take now: those that belong to the time until the next sweep. What is left when the round should be
    /// over, because there are more pages than in the last one, comes as fast as it can.
    pub(crate) fn due(&self, now: i64) -> u64 {
        if self.is_complete {
            return 0;
        }
        if self.pages >= self.pace {
            return MOST_PAGES;
        }
        let until = u64::try_from(now - self.begun_at + MINUTE).unwrap_or(0);
        let wanted = (self.pace * until).div_ceil(SPREAD as u64);
        wanted.saturating_sub(self.pages).min(MOST_PAGES)
    }

    /// When something is due.
    pub(crate) fn next_at(&self) -> i64 {
        self.next_page_at().min(self.beside.next_at())
    }

    /// When the next page is due.
    fn next_page_at(&self) -> i64 {
        match () {
            () if self.is_complete => self.begun_at + PERIOD,
            () if self.pages >= self.pace => self.begun_at,
            // The first time at which `due` is positive, without the minute in advance.
            () => self.begun_at + (self.pages * SPREAD as u64 / self.pace.max(1)) as i64 - MINUTE,
        }
    }

    /// A page is done; `marker` is where the next one begins.
    pub(crate) fn advance(&mut self, marker: Option<String>, functions: usize) {
        self.pages += 1;
        self.functions += functions as u64;
        self.marker = marker.filter(|marker| !marker.is_empty());
        if self.marker.is_none() {
            self.is_complete = true;
            self.pace = self.pages.max(self.pace * KEPT_PACE / 100);
            self.complete_since = self.begun_at;
            self.last_functions = self.functions;
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }

    pub(crate) fn marker(&self) -> Option<&str> {
        self.marker.as_deref()
    }

    /// When the last complete round began, in seconds since 1970; 0 before the first is complete.
    pub(crate) fn complete_since(&self) -> i64 {
        self.complete_since
    }
}
