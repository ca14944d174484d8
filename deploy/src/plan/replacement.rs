//! Resources that are deleted and made anew, and what goes down with them.

use super::{Action, Cause, Change, Rules, holds_data};

/// An update that AWS makes by replacement only.
pub(super) fn of(update: Change, property: String) -> Change {
    Change {
        action: Action::Replace,
        cause: Some(Cause::Replacement { property }),
        data_loss: holds_data(&update.desired),
        ..update
    }
}

/// A part that takes its existence from a resource, such as a topic's subscription, vanishes with it.
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
