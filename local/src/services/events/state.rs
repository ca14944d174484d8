//! EventBridge state.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use incident_model::Pattern;
use indexmap::IndexMap;

use super::schedule::Schedule;
use super::target::Target;
use crate::{ApiError, arn};

/// Every region's default bus.
pub(super) const DEFAULT_BUS: &str = "default";

/// EventBridge: the buses of all regions, with their rules.
#[derive(Debug, Default)]
pub struct Events {
    regions: Mutex<BTreeMap<String, Buses>>,
    versions: AtomicU64,
}

/// The buses of one region by name.
pub(super) type Buses = BTreeMap<String, Bus>;

#[derive(Debug, Clone)]
pub(super) struct Bus {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) description: Option<String>,
    pub(super) tags: IndexMap<String, String>,
    pub(super) rules: BTreeMap<String, Rule>,
}

#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) id: RuleId,
    /// The pattern, as text and compiled.
    pub(super) pattern: Option<(String, Pattern)>,
    /// The schedule, as text and parsed.
    pub(super) schedule: Option<(String, Schedule)>,
    pub(super) state: String,
    pub(super) description: Option<String>,
    pub(super) role_arn: Option<String>,
    pub(super) tags: IndexMap<String, String>,
    pub(super) targets: Vec<Target>,
    /// Changes when the schedule restarts, so that the old task stops.
    pub(super) version: u64,
}

/// Identifies a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleId {
    pub(super) name: String,
    pub(super) bus: String,
    pub(super) region: String,
    pub(super) arn: String,
}

impl RuleId {
    pub(super) fn new(region: &str, bus: &str, name: &str) -> Self {
        let resource = if bus == DEFAULT_BUS { format!("rule/{name}") } else { format!("rule/{bus}/{name}") };
        Self {
            name: name.to_owned(),
            bus: bus.to_owned(),
            region: region.to_owned(),
            arn: arn::local("events", region, &resource),
        }
    }
}

impl Bus {
    pub(super) fn new(region: &str, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            arn: arn::local("events", region, &format!("event-bus/{name}")),
            description: None,
            tags: IndexMap::new(),
            rules: BTreeMap::new(),
        }
    }

    /// Finds a rule of this bus.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub(super) fn rule(&mut self, name: &str) -> Result<&mut Rule, ApiError> {
        let missing = format!("Rule {name} does not exist on EventBus {}.", self.name);
        self.rules.get_mut(name).ok_or_else(|| ApiError::new("ResourceNotFoundException", missing))
    }
}

impl Rule {
    pub(super) fn is_enabled(&self) -> bool {
        self.state != "DISABLED"
    }
}

/// A bus's name from a name or ARN; the default bus when absent.
pub(super) fn bus_name(name_or_arn: Option<&str>) -> &str {
    let text = name_or_arn.unwrap_or(DEFAULT_BUS);
    match arn::Arn::parse(text) {
        Some(arn) => arn.resource.strip_prefix("event-bus/").unwrap_or(text),
        None => text,
    }
}

impl Events {
    fn regions(&self) -> MutexGuard<'_, BTreeMap<String, Buses>> {
        self.regions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads or changes a region's buses, creating the default one if needed. `work` runs under the lock.
    pub(super) fn with_buses<T>(&self, region: &str, work: impl FnOnce(&mut Buses) -> T) -> T {
        let mut regions = self.regions();
        let buses = regions.entry(region.to_owned()).or_default();
        buses.entry(DEFAULT_BUS.to_owned()).or_insert_with(|| Bus::new(region, DEFAULT_BUS));
        work(buses)
    }

    /// Reads or changes one bus, given by name or by ARN.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, and errors of `work`.
    pub(super) fn with_bus<T>(
        &self,
        region: &str,
        bus: Option<&str>,
        work: impl FnOnce(&mut Bus) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let name = bus_name(bus);
        self.with_buses(region, |buses| match buses.get_mut(name) {
            Some(bus) => work(bus),
            None => Err(no_bus(name)),
        })
    }

    /// A fresh rule version.
    pub(super) fn next_version(&self) -> u64 {
        self.versions.fetch_add(1, Ordering::Relaxed) + 1
    }
}

pub(super) fn no_bus(name: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", format!("Event bus {name} does not exist."))
}
