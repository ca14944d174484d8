//! What to write to a head of a former version. Pure, and about single attributes: a head that this version cannot read
//! as a whole is placed, too.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::{Severity, Status, table};

/// An item as DynamoDB answers it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The attributes that decide, each of which may be a reserved word.
const ATTRIBUTES: [&str; 9] = [
    table::INCIDENT_ID,
    "status",
    "severity",
    "created_at",
    table::DUE_AT,
    "due",
    "timeline",
    table::ACKNOWLEDGED_AT,
    table::RESOLVED_AT,
];
/// Those that a write holds for.
const READ: [&str; 3] = ["status", "severity", table::DUE_AT];

/// Where a head belongs in the indexes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placement {
    /// Its key.
    pub(super) id: String,
    month: String,
    has_month: bool,
    /// Its queue, and when it is due there.
    due: Option<(&'static str, String)>,
    acknowledged_at: Option<String>,
    resolved_at: Option<String>,
    /// The values of [`READ`].
    read: [Option<AttributeValue>; 3],
}

/// The expressions of an update.
pub(super) struct Expressions {
    pub(super) update: String,
    pub(super) condition: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

/// The attributes to ask for.
pub(super) fn projection() -> String {
    ATTRIBUTES.map(|name| format!("#{name}")).join(", ")
}

/// The names in [`projection`].
pub(super) fn names() -> HashMap<String, String> {
    ATTRIBUTES.into_iter().map(|name| (format!("#{name}"), name.to_owned())).collect()
}

/// The key of an item.
pub(super) fn id_of(head: &Item) -> Option<String> {
    text(head, table::INCIDENT_ID).map(str::to_owned)
}

/// The month of a head.
pub(super) fn month_of(head: &Item) -> Option<String> {
    text(head, "created_at").map(table::month_of)
}

impl Placement {
    /// Where a head belongs; `None` for one that is there.
    pub(super) fn of(head: &Item) -> Option<Self> {
        let has_month = head.contains_key(table::MONTH);
        let status = text(head, "status").and_then(value_of::<Status>);
        let is_over = status == Some(Status::Resolved);
        let due_at = head.get(table::DUE_AT).and_then(|at| at.as_n().ok()).cloned();
        if has_month && (is_over || due_at.is_some()) {
            return None;
        }
        let due_at = due_at.or_else(|| (!is_over).then(|| table::NEVER_DUE.to_string()));
        let queue = text(head, "severity").and_then(value_of::<Severity>).unwrap_or(Severity::Critical).queue();
        let noted = |words: &[&str]| entries(head).find(|(_, what)| words.iter().any(|word| what.starts_with(word)));
        let resolved = || noted(&["resolved", "recovered"]).map(|(at, _)| at.to_owned());
        Some(Self {
            id: id_of(head)?,
            has_month,
            month: month_of(head)?,
            due: due_at.map(|at| (queue, at)),
            acknowledged_at: noted(&["acknowledged"]).map(|(at, _)| at.to_owned()),
            resolved_at: is_over.then(resolved).flatten(),
            read: READ.map(|name| head.get(name).cloned()),
        })
    }

    /// The update, which holds only while the head is as it was read.
    pub(super) fn expressions(&self) -> Expressions {
        let mut names = HashMap::from([("#month".to_owned(), table::MONTH.to_owned())]);
        let mut values = HashMap::from([(":month".to_owned(), AttributeValue::S(self.month.clone()))]);
        let mut sets = vec!["#month = :month".to_owned()];
        if let Some((queue, at)) = &self.due {
            sets.push(format!("{} = :queue, {} = :at", table::DUE_QUEUE, table::DUE_AT));
            values.insert(":queue".to_owned(), AttributeValue::S((*queue).to_owned()));
            values.insert(":at".to_owned(), AttributeValue::N(at.clone()));
        }
        for (name, at) in [(table::ACKNOWLEDGED_AT, &self.acknowledged_at), (table::RESOLVED_AT, &self.resolved_at)] {
            let Some(at) = at else { continue };
            sets.push(format!("{name} = if_not_exists({name}, :{name})"));
            values.insert(format!(":{name}"), AttributeValue::S(at.clone()));
        }
        let month = if self.has_month { "attribute_exists(#month)" } else { "attribute_not_exists(#month)" };
        let mut conditions = vec![format!("attribute_exists({}) AND {month}", table::INCIDENT_ID)];
        for (name, read) in READ.into_iter().zip(&self.read) {
            names.insert(format!("#{name}"), name.to_owned());
            conditions.push(match read {
                Some(read) => {
                    values.insert(format!(":read_{name}"), read.clone());
                    format!("#{name} = :read_{name}")
                }
                None => format!("attribute_not_exists(#{name})"),
            });
        }
        let (update, condition) = (format!("SET {}", sets.join(", ")), conditions.join(" AND "));
        Expressions { update, condition, names, values }
    }
}

fn text<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn value_of<T: serde::de::DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(name.into()).ok()
}

/// The readable entries of a timeline: when, and what.
fn entries(head: &Item) -> impl Iterator<Item = (&str, &str)> {
    let entries = head.get("timeline").and_then(|entries| entries.as_l().ok());
    entries.into_iter().flatten().filter_map(|entry| {
        let entry = entry.as_m().ok()?;
        Some((text(entry, "at")?, text(entry, "what")?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "2026-01-31T12:00:00.000Z";

    fn head(own: &[(&str, AttributeValue)]) -> Item {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let mut head = Item::from([
            ("incident_id".to_owned(), text("inc-1")),
            ("created_at".to_owned(), text(AT)),
            ("status".to_owned(), text("open")),
            ("severity".to_owned(), text("HIGH")),
        ]);
        head.extend(own.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        head
    }

    fn word(text: &str) -> AttributeValue {
        AttributeValue::S(text.to_owned())
    }

    #[test]
    fn what_needs_attention_is_in_a_queue() {
        let number = |number: i64| AttributeValue::N(number.to_string());
        let never = table::NEVER_DUE.to_string();
        for (own, expected) in [
            (vec![], Some(("HIGH", never.clone()))),
            (vec![("due_at", number(7)), ("due", word("opened"))], Some(("HIGH", "7".to_owned()))),
            (vec![("status", word("acknowledged")), ("severity", word("LOW"))], Some(("LOW", never.clone()))),
            (vec![("status", word("resolved"))], None),
            (vec![("status", word("resolved")), ("due_at", number(7))], Some(("HIGH", "7".to_owned()))),
            (vec![("status", word("snoozed")), ("severity", word("DISASTER"))], Some(("CRITICAL", never.clone()))),
            (vec![("status", number(1)), ("severity", number(2)), ("due_at", word("x"))], Some(("CRITICAL", never))),
        ] {
            assert_eq!(Placement::of(&head(&own)).and_then(|placement| placement.due), expected, "{own:?}");
        }
    }

    #[test]
    fn times_come_from_the_timeline() {
        let entry = |at: &str, what: &str| {
            AttributeValue::M([("at".to_owned(), word(at)), ("what".to_owned(), word(what))].into())
        };
        let timeline = AttributeValue::L(vec![
            AttributeValue::Bool(true),
            entry("1", "opened"),
            entry("2", "acknowledged by ada"),
            entry("3", "resolved: no failure for 1d"),
        ]);
        let times = |own: &[(&str, AttributeValue)]| {
            let placement = Placement::of(&head(own));
            placement.map(|placement| (placement.month, placement.acknowledged_at, placement.resolved_at))
        };
        let (month, two, three) = ("2026-01".to_owned(), Some("2".to_owned()), Some("3".to_owned()));
        let over = [("timeline", timeline.clone()), ("status", word("resolved"))];
        assert_eq!(times(&over), Some((month.clone(), two.clone(), three)));
        assert_eq!(times(&[("timeline", timeline)]), Some((month.clone(), two, None)), "it is not over");
        assert_eq!(times(&[("timeline", word("x"))]), Some((month, None, None)));
    }

    #[test]
    fn a_write_names_what_it_uses_and_holds_only_for_what_was_read() {
        let due = ("due_at", AttributeValue::N("7".to_owned()));
        for there in [vec![due.clone()], vec![("status", word("resolved"))]] {
            let there = [vec![("month", word("2026-01"))], there].concat();
            assert_eq!(Placement::of(&head(&there)), None);
        }
        // A former version took its time away.
        let timeless = Placement::of(&head(&[("month", word("2026-01"))]));
        let condition = timeless.map(|placement| placement.expressions().condition).unwrap_or_default();
        assert!(condition.contains("attribute_exists(#month)"), "{condition}");
        for own in [vec![], vec![("status", word("resolved"))], vec![due.clone()]] {
            let Some(placement) = Placement::of(&head(&own)) else { unreachable!("it has no month") };
            let expressions = placement.expressions();
            let text = format!("{} {}", expressions.update, expressions.condition);
            assert!(expressions.names.keys().chain(expressions.values.keys()).all(|name| text.contains(name.as_str())));
            for part in ["attribute_not_exists(#month)", "#status = :read_status", "#severity = :read_severity"] {
                assert!(expressions.condition.contains(part), "{}", expressions.condition);
            }
            let due = if own.iter().any(|(name, _)| *name == "due_at") {
                "#due_at = :read_due_at"
            } else {
                "attribute_not_exists(#due_at)"
            };
            assert!(expressions.condition.contains(due), "{}", expressions.condition);
        }
    }
}
