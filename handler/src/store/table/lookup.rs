//! The lookup: everything that a decision needs.

use std::collections::BTreeSet;

use incident_model::Incident;
use incident_model::analysis::FunctionHistory;
use incident_model::table::{
    CALENDAR, FUNCTION_SNAPSHOTS, MONTHS, Place, SILENCES, alarm_of_function_key, budget_key, event_key, former,
    function_key, open_key, tally_key, trouble_key,
};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use super::items::{RECOVERED_AT, TARGET};
use super::read::{incident, item, items};
use super::{Table, budget, silences};
use crate::item::{Item, integer, string};
use crate::store::{Lookup, Snapshot, Store, StoreError, Trouble, TroublePointer};

/// Attributes of the round of snapshots: when its last complete round began, and the one with the same about aliases and
/// reserved concurrency.
const COMPLETE_SINCE: &str = "complete_since";
const BESIDE: &str = "beside";

/// The keys of a pointer: today's, and those of earlier versions.
struct PointerKeys {
    today: String,
    former: Vec<String>,
}

impl PointerKeys {
    fn target(&self, items: &[Item]) -> Option<String> {
        let target = |key: &str| item(items, key).and_then(|item| string(item, TARGET));
        // The former version may have opened a newer one since; ids sort by time.
        self.each().filter_map(target).max()
    }

    fn each(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.today).chain(&self.former).map(String::as_str)
    }
}

fn of_trouble(trouble: &Trouble<'_>) -> PointerKeys {
    PointerKeys {
        today: trouble_key(trouble.place, trouble.source, trouble.name),
        former: vec![former::trouble_key(trouble.source, trouble.name)],
    }
}

/// Reads the helper items together with the incidents that they last pointed to; then those that they point to now, if
/// these differ.
pub(super) async fn look(table: &Table, lookup: &Lookup<'_>) -> Result<Snapshot, StoreError> {
    let place = lookup.trouble.place;
    let open = PointerKeys {
        today: open_key(place, lookup.fingerprint),
        former: lookup
            .former_fingerprint
            .into_iter()
            .flat_map(|fingerprint| [open_key(place, fingerprint), former::open_key(fingerprint)])
            .collect(),
    };
    let trouble = of_trouble(&lookup.trouble);
    let alarm = lookup.subject.map(|function| PointerKeys {
        today: alarm_of_function_key(place, function),
        former: vec![former::alarm_of_function_key(function)],
    });
    let events: Vec<String> = lookup.event_ids.iter().map(|id| event_key(id)).collect();
    let budgets: Vec<String> = lookup.budgets.iter().map(|budget| budget_key(budget.name)).collect();
    let pointers = [Some(&open), Some(&trouble), alarm.as_ref()];
    let cached = [Some(&open), alarm.as_ref()].into_iter().flatten().flat_map(PointerKeys::each);
    let cached: BTreeSet<String> = cached.filter_map(|key| table.pointer_cache.of(key)).collect();
    let cached: Vec<String> = cached.into_iter().flat_map(|id| [tally_key(&id), id]).collect();
    let function = lookup.function.map(function_key);
    let calendar = table.months.is_unknown().then_some(CALENDAR);
    let keys = pointers.into_iter().flatten().flat_map(PointerKeys::each).chain([SILENCES]).chain(calendar);
    // A storm's repetitions need no time of a change.
    let round = function.is_some() && table.pointer_cache.of(&open.today).is_none();
    let keys = keys.chain(function.as_deref()).chain(round.then_some(FUNCTION_SNAPSHOTS));
    let keys = keys.chain([&events, &budgets, &cached].into_iter().flatten().map(String::as_str));
    let items = items(table, keys).await?;
    remember_months(table, &items);
    let (newest, alarm_of_subject) =
        tokio::join!(followed(table, &items, Some(&open)), followed(table, &items, alarm.as_ref()));
    let counted = lookup.event_ids.iter().zip(&events);
    let counted = counted.filter_map(|(id, key)| Some(((*id).to_owned(), string(item(&items, key)?, TARGET)?)));
    let recovered_at = |key: &str| item(&items, key).and_then(|item| integer(item, RECOVERED_AT));
    Ok(Snapshot {
        counted_for: counted.collect(),
        newest: newest?.filter(|newest| is_in(newest, place)),
        open_pointer: item(&items, &open.today).and_then(|item| string(item, TARGET)),
        newest_of_trouble: trouble.target(&items),
        trouble_pointer: TroublePointer {
            leads_to: item(&items, &trouble.today).and_then(|item| string(item, TARGET)),
            recovered_at: recovered_at(&trouble.today),
        },
        recovered_at: recovered_at(&trouble.today),
        alarm_of_subject: alarm_of_subject?,
        function: function.and_then(|key| history(&items, &key)),
        silences: item(&items, SILENCES).map(silences::in_force).unwrap_or_default(),
        budgets: budget::states(lookup.budgets, &items),
    })
}

/// What the sweep knows of a function. Its last complete rounds saw it as it is known.
fn history(items: &[Item], key: &str) -> Option<FunctionHistory> {
    let history: FunctionHistory = from_item(item(items, key)?.clone()).ok()?;
    let round = item(items, FUNCTION_SNAPSHOTS);
    let beside = round.and_then(|round| round.get(BESIDE)?.as_m().ok());
    let since = |round: Option<&Item>| round.and_then(|round| integer(round, COMPLETE_SINCE)).unwrap_or(0);
    Some(history.unchanged_at(since(round), since(beside)))
}

/// The newest incident of a trouble.
pub(super) async fn newest(table: &Table, trouble: &Trouble<'_>) -> Result<Option<Incident>, StoreError> {
    let keys = of_trouble(trouble);
    match keys.target(&items(table, keys.each()).await?) {
        Some(incident_id) => table.incident(&incident_id).await,
        None => Ok(None),
    }
}

/// The incident that a helper item points to.
async fn followed(table: &Table, items: &[Item], keys: Option<&PointerKeys>) -> Result<Option<Incident>, StoreError> {
    let Some((keys, incident_id)) = keys.and_then(|keys| Some((keys, keys.target(items)?))) else { return Ok(None) };
    table.pointer_cache.remember(&keys.today, &incident_id);
    match item(items, &incident_id) {
        Some(_) => Ok(incident(items, &incident_id)),
        None => table.incident(&incident_id).await,
    }
}

/// Whether an incident is in a place, as far as both are known: keys of version 1 do not name it.
fn is_in(incident: &Incident, place: Place<'_>) -> bool {
    let agree = |one: &str, other: &str| one.is_empty() || other.is_empty() || one == other;
    agree(&incident.account, place.account) && agree(&incident.region, place.region)
}

fn remember_months(table: &Table, items: &[Item]) {
    let months = item(items, CALENDAR).and_then(|item| item.get(MONTHS)?.as_ss().ok());
    months.into_iter().flatten().for_each(|month| table.months.remember(month));
}
