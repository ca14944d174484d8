//! Which incidents to list, and the expressions that ask DynamoDB for them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::{Cause, Incident, Severity, Status};

/// Which incidents to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only with one of these statuses; empty means all.
    pub statuses: Vec<Status>,
    /// Only with one of these severities; empty means all.
    pub severities: Vec<Severity>,
    /// Only from one of these sources; empty means all.
    pub sources: Vec<String>,
    /// Only of one of these resources; empty means all.
    pub resources: Vec<String>,
    /// Only with one of these suspected causes; empty means all, those that were not analysed included.
    pub causes: Vec<Cause>,
    /// Only created at or after this time, RFC 3339 in UTC.
    pub since: Option<String>,
    /// Only the one of this drill.
    pub drill: Option<String>,
    /// At most this many; `None` means all.
    pub limit: Option<usize>,
    /// Whether to read only what a table or statistics show: recommendation, error message, links and request stay empty,
    /// and the timeline lacks its later entries.
    pub brief: bool,
}

impl Filter {
    /// Whether an incident is one of these. What an index showed may be out of date.
    pub(super) fn admits(&self, incident: &Incident) -> bool {
        let Self { statuses, severities, sources, resources, causes, since, drill, limit: _, brief: _ } = self;
        is_one_of(statuses, &incident.status)
            && is_one_of(severities, &incident.severity)
            && is_one_of(sources, &incident.source)
            && is_one_of(resources, &incident.resource)
            && (causes.is_empty() || incident.cause.is_some_and(|cause| causes.contains(&cause)))
            && since.as_ref().is_none_or(|since| incident.created_at >= *since)
            && drill.as_ref().is_none_or(|drill| incident.drill.as_ref() == Some(drill))
    }

    /// Whether it asks for unresolved incidents only.
    pub(super) fn is_unresolved(&self) -> bool {
        let unresolved = |status: &Status| matches!(status, Status::Open | Status::Acknowledged);
        !self.statuses.is_empty() && self.statuses.iter().all(unresolved)
    }
}

fn is_one_of<T: PartialEq>(wanted: &[T], value: &T) -> bool {
    wanted.is_empty() || wanted.contains(value)
}

/// The expressions of a query. `#` and `:` names stand for attributes and values, because several attributes are reserved
/// words.
#[derive(Debug, Clone)]
pub(super) struct Expressions {
    pub(super) key: String,
    pub(super) filter: Option<String>,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Expressions {
    /// For an index with this partition key and `created_at`.
    pub(super) fn of(partition: &str, value: &str, filter: &Filter) -> Self {
        let mut expressions = Self {
            key: "#partition = :partition".to_owned(),
            filter: None,
            names: HashMap::from([("#partition".to_owned(), partition.to_owned())]),
            values: HashMap::from([(":partition".to_owned(), text(value))]),
        };
        if let Some(since) = &filter.since {
            expressions.names.insert("#created".to_owned(), "created_at".to_owned());
            expressions.values.insert(":since".to_owned(), text(since));
            expressions.key += " AND #created >= :since";
        }
        let mut conditions = Vec::new();
        if let Some(drill) = &filter.drill {
            expressions.values.insert(":drill".to_owned(), text(drill));
            conditions.push("drill = :drill".to_owned());
        }
        let statuses: Vec<&str> = filter.statuses.iter().map(|status| status.name()).collect();
        let severities: Vec<&str> = filter.severities.iter().map(|severity| severity.name()).collect();
        let sources: Vec<&str> = filter.sources.iter().map(String::as_str).collect();
        let resources: Vec<&str> = filter.resources.iter().map(String::as_str).collect();
        let causes: Vec<&str> = filter.causes.iter().map(|cause| cause.name()).collect();
        let lists = [
            ("status", statuses),
            ("severity", severities),
            ("source", sources),
            ("resource", resources),
            ("cause", causes),
        ];
        for (attribute, wanted) in lists {
            conditions.extend(expressions.one_of(attribute, &wanted));
        }
        expressions.filter = Some(conditions.join(" AND ")).filter(|text| !text.is_empty());
        expressions
    }

    /// The condition that an attribute has one of these values; `None` if there are none.
    fn one_of(&mut self, attribute: &str, wanted: &[&str]) -> Option<String> {
        if wanted.is_empty() {
            return None;
        }
        self.names.insert(format!("#{attribute}"), attribute.to_owned());
        let mut names = Vec::new();
        for (number, value) in wanted.iter().enumerate() {
            let name = format!(":{attribute}{number}");
            self.values.insert(name.clone(), text(value));
            names.push(name);
        }
        Some(format!("#{attribute} IN ({})", names.join(", ")))
    }
}

/// A string as DynamoDB takes it.
pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_name_only_what_is_asked_for() {
        let since = Filter { since: Some("2026-01-01".to_owned()), ..Filter::default() };
        let orders = Filter { sources: vec!["lambda".into()], resources: vec!["orders".into()], ..Filter::default() };
        let severe = Filter { severities: vec![Severity::Critical, Severity::High], ..Filter::default() };
        let causes = Filter { causes: vec![Cause::Deployment, Cause::Unknown], ..Filter::default() };
        let over = Filter { statuses: vec![Status::Resolved], drill: Some("d".to_owned()), ..Filter::default() };
        for (filter, expected_key, expected_filter) in [
            (&Filter::default(), "#partition = :partition", None),
            (&since, "#partition = :partition AND #created >= :since", None),
            (&severe, "#partition = :partition", Some("#severity IN (:severity0, :severity1)")),
            (&orders, "#partition = :partition", Some("#source IN (:source0) AND #resource IN (:resource0)")),
            (&causes, "#partition = :partition", Some("#cause IN (:cause0, :cause1)")),
            (&over, "#partition = :partition", Some("drill = :drill AND #status IN (:status0)")),
        ] {
            let expressions = Expressions::of("month", "2026-01", filter);
            assert_eq!(expressions.key, expected_key);
            assert_eq!(expressions.filter.as_deref(), expected_filter);
            let text = format!("{} {}", expressions.key, expressions.filter.unwrap_or_default());
            // DynamoDB rejects names and values that no expression uses.
            assert!(expressions.values.keys().all(|name| text.contains(name.as_str())));
            assert!(expressions.names.keys().all(|name| text.contains(name.as_str())));
        }
    }

    #[test]
    fn only_open_and_acknowledged_are_all_due() {
        for (statuses, unresolved) in [
            (vec![], false),
            (vec![Status::Open], true),
            (vec![Status::Open, Status::Acknowledged], true),
            (vec![Status::Open, Status::Resolved], false),
        ] {
            assert_eq!(Filter { statuses, ..Filter::default() }.is_unresolved(), unresolved);
        }
    }
}
