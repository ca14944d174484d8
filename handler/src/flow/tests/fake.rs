//! A table and a topic in memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use incident_model::{Incident, Status, TimelineEntry};

use crate::notify::{Mail, Notifier, NotifyError};
use crate::store::{Occurrence, Opening, Store, StoreError, Stored};

/// Where something goes wrong once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Counted,
    Newest,
    Open,
    /// The transaction happens, its answer is lost.
    OpenAnswerLost,
    Publish,
    /// The mail is accepted, the answer is lost.
    PublishAnswerLost,
    MarkNotified,
}

#[derive(Default)]
pub(super) struct Memory {
    incidents: RefCell<BTreeMap<String, Stored>>,
    pointers: RefCell<BTreeMap<String, String>>,
    leases: RefCell<BTreeMap<String, i64>>,
    fault: Cell<Option<Fault>>,
    broken: Cell<bool>,
}

fn unusable() -> StoreError {
    StoreError::Unusable { code: "InternalServerError".to_owned(), message: "told to fail".to_owned() }
}

impl Memory {
    pub(super) fn fail_once(&self, fault: Fault) {
        self.fault.set(Some(fault));
    }

    pub(super) fn fail_always(&self) {
        self.broken.set(true);
    }

    pub(super) fn end_leases(&self) {
        self.leases.borrow_mut().clear();
    }

    pub(super) fn occurrences(&self) -> Vec<u64> {
        self.incidents.borrow().values().map(|stored| stored.incident.occurrences).collect()
    }

    pub(super) fn all_notified(&self) -> bool {
        self.incidents.borrow().values().all(|stored| stored.incident.notified_at.is_some())
    }

    /// Lets other invocations run, then fails if told so.
    async fn step(&self, here: Option<Fault>) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        let hit = here.is_some() && self.fault.get() == here;
        if hit {
            self.fault.set(None);
        }
        if hit || self.broken.get() { Err(unusable()) } else { Ok(()) }
    }

    fn followed(&self, key: &str) -> Option<Stored> {
        let target = self.pointers.borrow().get(key).cloned()?;
        self.incidents.borrow().get(&target).cloned()
    }

    fn mark(&self, event_id: &str, incident_id: &str) -> Result<(), StoreError> {
        let mut pointers = self.pointers.borrow_mut();
        let key = format!("event#{event_id}");
        if pointers.contains_key(&key) {
            return Err(StoreError::Conflict);
        }
        pointers.insert(key, incident_id.to_owned());
        Ok(())
    }

    fn change(&self, incident_id: &str, change: impl FnOnce(&mut Stored)) -> Result<(), StoreError> {
        let mut incidents = self.incidents.borrow_mut();
        change(incidents.get_mut(incident_id).ok_or(StoreError::Conflict)?);
        Ok(())
    }
}

impl Store for Memory {
    async fn counted(&self, event_id: &str) -> Result<Option<String>, StoreError> {
        self.step(Some(Fault::Counted)).await?;
        Ok(self.pointers.borrow().get(&format!("event#{event_id}")).cloned())
    }

    async fn newest(&self, fingerprint: &str) -> Result<Option<Stored>, StoreError> {
        self.step(Some(Fault::Newest)).await?;
        Ok(self.followed(&format!("open#{fingerprint}")))
    }

    async fn newest_of_resource(&self, source: &str, resource: &str) -> Result<Option<Stored>, StoreError> {
        self.step(None).await?;
        Ok(self.followed(&format!("resource#{source}#{resource}")))
    }

    async fn incident(&self, incident_id: &str) -> Result<Option<Stored>, StoreError> {
        self.step(None).await?;
        Ok(self.incidents.borrow().get(incident_id).cloned())
    }

    async fn open(&self, opening: &Opening<'_>) -> Result<(), StoreError> {
        self.step(Some(Fault::Open)).await?;
        let incident = opening.incident;
        let key = format!("open#{}", incident.fingerprint);
        if self.pointers.borrow().get(&key).map(String::as_str) != opening.replaced {
            return Err(StoreError::Conflict);
        }
        self.mark(opening.event_id, &incident.incident_id)?;
        let id = incident.incident_id.clone();
        let resource = format!("resource#{}#{}", incident.source, incident.resource);
        self.pointers.borrow_mut().extend([(key, id.clone()), (resource, id.clone())]);
        self.leases.borrow_mut().insert(id.clone(), opening.lease_until);
        let stored = Stored { incident: incident.clone(), recovered_by: None, recovery_notified_at: None };
        self.incidents.borrow_mut().insert(id, stored);
        self.step(Some(Fault::OpenAnswerLost)).await
    }

    async fn count(&self, occurrence: &Occurrence<'_>) -> Result<(), StoreError> {
        self.step(None).await?;
        let is_open = |stored: &Stored| stored.incident.status != Status::Resolved;
        if !self.incidents.borrow().get(occurrence.incident_id).is_some_and(is_open) {
            return Err(StoreError::Conflict);
        }
        self.mark(occurrence.event_id, occurrence.incident_id)?;
        self.change(occurrence.incident_id, |stored| stored.incident.occurrences += 1)
    }

    async fn unsent(&self, since: &str) -> Result<Vec<Incident>, StoreError> {
        self.step(None).await?;
        let incidents = self.incidents.borrow();
        let is_unsent = |incident: &&Incident| {
            incident.status != Status::Resolved
                && incident.notified_at.is_none()
                && incident.last_seen_at.as_str() >= since
        };
        Ok(incidents.values().map(|stored| &stored.incident).filter(is_unsent).cloned().collect())
    }

    async fn claim(&self, incident_id: &str, now: i64, until: i64) -> Result<bool, StoreError> {
        self.step(None).await?;
        let is_out =
            self.incidents.borrow().get(incident_id).is_some_and(|stored| stored.incident.notified_at.is_some());
        let mut leases = self.leases.borrow_mut();
        if is_out || leases.get(incident_id).is_some_and(|lease| *lease >= now) {
            return Ok(false);
        }
        leases.insert(incident_id.to_owned(), until);
        Ok(true)
    }

    async fn release(&self, incident_id: &str) -> Result<(), StoreError> {
        self.leases.borrow_mut().remove(incident_id);
        Ok(())
    }

    async fn mark_notified(&self, incident_id: &str, at: &str) -> Result<(), StoreError> {
        self.step(Some(Fault::MarkNotified)).await?;
        self.change(incident_id, |Stored { incident, .. }: &mut Stored| {
            incident.notified_at = Some(at.to_owned());
            incident.timeline.push(TimelineEntry { at: at.to_owned(), what: "notified".to_owned() });
        })
    }

    async fn resolve(&self, incident_id: &str, event_id: &str, _at: &str) -> Result<(), StoreError> {
        self.step(None).await?;
        self.change(incident_id, |stored| {
            stored.incident = Incident { status: Status::Resolved, ..stored.incident.clone() };
            stored.recovered_by = Some(event_id.to_owned());
        })
    }

    async fn mark_recovery_notified(&self, incident_id: &str, at: &str) -> Result<(), StoreError> {
        self.change(incident_id, |stored| stored.recovery_notified_at = Some(at.to_owned()))
    }
}

/// The mails that were accepted.
#[derive(Default)]
pub(super) struct Mailbox {
    mails: RefCell<Vec<Mail>>,
    fault: Cell<Option<Fault>>,
}

impl Mailbox {
    pub(super) fn fail_once(&self, fault: Fault) {
        self.fault.set(Some(fault));
    }

    pub(super) fn count(&self) -> usize {
        self.mails.borrow().len()
    }

    pub(super) fn bodies(&self) -> Vec<String> {
        self.mails.borrow().iter().map(|mail| mail.body.clone()).collect()
    }
}

impl Notifier for Mailbox {
    async fn publish(&self, mail: &Mail) -> Result<(), NotifyError> {
        tokio::task::yield_now().await;
        let fault = self.fault.get().filter(|fault| matches!(fault, Fault::Publish | Fault::PublishAnswerLost));
        self.fault.set(None);
        if fault != Some(Fault::Publish) {
            self.mails.borrow_mut().push(mail.clone());
        }
        match fault {
            Some(_) => Err(NotifyError { code: "InternalError".to_owned(), message: "told to fail".to_owned() }),
            None => Ok(()),
        }
    }
}
