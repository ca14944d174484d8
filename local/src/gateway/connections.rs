//! The open connections: how many there are, which of them wait for their clients, and how much of bodies they hold.
//!
//! Any user of the machine can open connections and leave their requests unfinished. They must not keep others out:
//! where there is no room left, whoever has waited longest for its client gives way to the one that just came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::capacity::Capacity;
use crate::InFlight;
use crate::in_flight::Begun;

/// Bodies up to this size never give way to larger ones, in bytes: an ordinary call's.
const SMALL: usize = 1024 * 1024;
/// How long a connection that has been told to end may take to send its last reply.
const PARTING: Duration = Duration::from_secs(1);

/// All open connections.
pub(super) struct Connections {
    pub(super) capacity: Capacity,
    /// Counts them, for those who wait until they are closed.
    pub(super) open: InFlight,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// Increases with every change; orders the connections by how long they have waited.
    turn: u64,
    /// Bytes of bodies being read or worked on.
    bytes: usize,
    entries: HashMap<u64, Entry>,
}

struct Entry {
    phase: Phase,
    /// The turn and the time of the phase's begin.
    turn: u64,
    since: Instant,
    /// Bytes of the body being read.
    bytes: usize,
    signals: Arc<Signals>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It waits for a request's head, or for the client to take the last reply.
    Head,
    /// It waits for a request's body.
    Body,
    /// A call is performed.
    Work,
}

#[derive(Default)]
struct Signals {
    /// Close the connection at once.
    close: Notify,
    /// Refuse the request.
    refuse: Notify,
    /// Close the connection once the refusal had time to leave.
    part: Notify,
}

/// There is no room for a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overloaded;

/// One connection's place among all; given back when dropped.
pub(super) struct Seat {
    connections: Arc<Connections>,
    id: u64,
    signals: Arc<Signals>,
    _open: Begun,
}

/// The share of a body in work in what all connections may hold, until dropped.
pub(super) struct Held {
    /// `None` for a call that came through no connection.
    connections: Option<Arc<Connections>>,
    bytes: usize,
}

impl Held {
    /// For a call that came through no connection.
    pub(super) fn nothing() -> Self {
        Self { connections: None, bytes: 0 }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(connections) = &self.connections {
            connections.release(self.bytes);
        }
    }
}

impl Connections {
    pub(super) fn new(capacity: Capacity) -> Self {
        Self { capacity, open: InFlight::default(), table: Mutex::default() }
    }

    /// Takes a new connection; `None` when all others are at work.
    pub(super) fn admit(self: &Arc<Self>) -> Option<Seat> {
        let mut table = self.table();
        if table.entries.len() >= self.capacity.connections && !table.dismiss_one() {
            return None;
        }
        let signals = Arc::new(Signals::default());
        let id = table.next_turn();
        let entry = Entry { phase: Phase::Head, turn: id, since: Instant::now(), bytes: 0, signals: signals.clone() };
        table.entries.insert(id, entry);
        drop(table);
        Some(Seat { connections: Arc::clone(self), id, signals, _open: self.open.begin() })
    }

    /// Ends the connection that has waited longest for its client: the system has no room for another.
    pub(super) fn make_room(&self) {
        self.table().dismiss_one();
    }

    /// Bytes held at the moment.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.table().bytes
    }

    fn release(&self, bytes: usize) {
        self.table().bytes -= bytes;
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn next_turn(&mut self) -> u64 {
        self.turn += 1;
        self.turn
    }

    /// Ends the connection that has waited longest; `false` when none waits.
    fn dismiss_one(&mut self) -> bool {
        let waiting = self.entries.iter().filter(|(_, entry)| entry.phase != Phase::Work);
        match waiting.min_by_key(|(_, entry)| entry.turn).map(|(id, _)| *id) {
            Some(id) => self.dismiss(id),
            None => false,
        }
    }

    fn dismiss(&mut self, id: u64) -> bool {
        let Some(entry) = self.entries.remove(&id) else { return false };
        self.bytes -= entry.bytes;
        match entry.phase {
            Phase::Body => {
                entry.signals.refuse.notify_one();
                entry.signals.part.notify_one();
            }
            Phase::Head | Phase::Work => entry.signals.close.notify_one(),
        }
        true
    }

    /// Whose body gives way when one is to grow: the last of the large ones, so that the first one can be completed,
    /// else the oldest.
    fn most_dispensable(&self, growing: u64, by: usize) -> Option<u64> {
        let bodies = || self.entries.iter().filter(|(_, entry)| entry.phase == Phase::Body);
        let length = |id: u64, entry: &Entry| entry.bytes + if id == growing { by } else { 0 };
        let large = bodies().filter(|(id, entry)| length(**id, entry) > SMALL).max_by_key(|(_, entry)| entry.turn);
        large.or_else(|| bodies().min_by_key(|(_, entry)| entry.turn)).map(|(id, _)| *id)
    }
}

impl Seat {
    /// How much is taken and waited for.
    pub(super) fn capacity(&self) -> &Capacity {
        &self.connections.capacity
    }

    /// A request's head has come; its body is awaited.
    pub(super) fn await_body(&self) {
        self.enter(Phase::Body);
    }

    /// The request is complete. Its body counts until the result is dropped.
    pub(super) fn work(&self) -> Held {
        let bytes = self.enter(Phase::Work);
        Held { connections: Some(Arc::clone(&self.connections)), bytes }
    }

    /// The reply is ready; the client is to take it, and may send another request.
    pub(super) fn await_head(&self) {
        let bytes = self.enter(Phase::Head);
        self.connections.release(bytes);
    }

    /// Takes more of a body.
    ///
    /// # Errors
    /// When there is no room for it.
    pub(super) fn hold(&self, bytes: usize) -> Result<(), Overloaded> {
        let mut table = self.connections.table();
        while table.bytes + bytes > self.connections.capacity.bytes {
            match table.most_dispensable(self.id, bytes) {
                Some(id) => table.dismiss(id),
                None => return Err(Overloaded),
            };
            if !table.entries.contains_key(&self.id) {
                return Err(Overloaded);
            }
        }
        let entry = table.entries.get_mut(&self.id).ok_or(Overloaded)?;
        entry.bytes += bytes;
        table.bytes += bytes;
        Ok(())
    }

    /// Completes when this connection's body has to give way.
    pub(super) async fn refused(&self) {
        self.signals.refuse.notified().await;
    }

    /// Completes when the connection has to be closed: its client takes too long, or it has to give way.
    pub(super) async fn ended(&self) {
        tokio::select! {
            () = self.signals.close.notified() => {}
            () = self.signals.part.notified() => tokio::time::sleep(PARTING).await,
            () = self.overdue() => {}
        }
    }

    /// Completes when the client takes too long. A late body has a reply of its own, which is given time.
    async fn overdue(&self) {
        let Capacity { head, body, .. } = *self.capacity();
        loop {
            let phase = self.connections.table().entries.get(&self.id).map(|entry| (entry.phase, entry.since));
            let deadline = match phase {
                None => return std::future::pending().await,
                Some((Phase::Head, since)) => since + head,
                Some((Phase::Body, since)) => since + body + PARTING,
                Some((Phase::Work, _)) => Instant::now() + head,
            };
            if deadline <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }

    /// Starts a phase and returns the bytes held until now, which count on.
    fn enter(&self, phase: Phase) -> usize {
        let mut table = self.connections.table();
        let turn = table.next_turn();
        let Some(entry) = table.entries.get_mut(&self.id) else { return 0 };
        (entry.phase, entry.turn, entry.since) = (phase, turn, Instant::now());
        std::mem::take(&mut entry.bytes)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut table = self.connections.table();
        if let Some(entry) = table.entries.remove(&self.id) {
            table.bytes -= entry.bytes;
        }
    }
}
