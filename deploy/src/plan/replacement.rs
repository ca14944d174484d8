//! Replacements, and the parts that they take along.

use super::{Action, Cause, Change, Rules, holds_data};

/// Turns an update into a replacement.
pub(super) fn of(update: Change, property: String) -> Change {
    Change {
        action: Action::Replace,
        cause: Some(Cause::Replacement { property }),
        data_loss: holds_data(&update.desired),
        ..update
    }
}

/// A part of a resource, such as a topic's subscription, is replaced along with it.
pub(super) fn take_parts_along(changes: &mut [Change], rules: &Rules) {
    let replaced: Vec<(String, String)> = changes
        .iter()
        .filter(|change| change.action == Action::Replace)
        .map(|change| (change.logical_id.clone(), change.desired.attributes.reference.clone()))
        .collect();
    for change in changes.iter_mut().filter(|change| matches!(change.action, Action::None | Action::Update)) {
        let parent = (rules.parent)(&change.desired);
        let whole = replaced
            .iter()
            .find(|(id, reference)| parent.as_ref() == Some(reference) && change.desired.needs.contains(id));
        if let Some((id, _)) = whole {
            *change = of(change.clone(), id.clone());
        }
    }
}
