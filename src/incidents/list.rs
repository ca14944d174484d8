//! The newest incidents, by Query on an index, never by Scan: the cost depends only on what is shown.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::{Incident, Severity, Status, table};

use super::{Incidents, IncidentsError};
use incident_deploy::aws::Explain;

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
    /// Only created at or after this time, RFC 3339 in UTC.
    pub since: Option<String>,
    /// Only the one of this drill.
    pub drill: Option<String>,
    /// At most this many; `None` means all.
    pub limit: Option<usize>,
}

/// The incidents found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// The readable incidents.
    pub incidents: Vec<Incident>,
    /// IDs of those that this version cannot read, sorted.
    pub unreadable: Vec<String>,
}

impl Listing {
    fn of(items: Vec<HashMap<String, AttributeValue>>) -> Self {
        let mut listing = Self::default();
        for item in items {
            let id = item.get(table::INCIDENT_ID).and_then(|id| id.as_s().ok()).cloned();
            match serde_dynamo::aws_sdk_dynamodb_1::from_item(item) {
                Ok(incident) => listing.incidents.push(incident),
                Err(_) => listing.unreadable.extend(id),
            }
        }
        listing
    }

    fn extend(&mut self, other: Self) {
        self.incidents.extend(other.incidents);
        self.unreadable.extend(other.unreadable);
    }
}

impl Incidents {
    /// Incidents, newest first. An unreadable one is named, and hides no other.
    ///
    /// # Errors
    /// If the table is missing, or AWS refuses.
    pub async fn list(&self, filter: &Filter) -> Result<Listing, IncidentsError> {
        let limit = filter.limit.unwrap_or(usize::MAX);
        let mut listing = Listing::default();
        match filter.statuses.as_slice() {
            [] => listing = self.pages(self.by_created(filter), limit).await?,
            statuses => {
                for status in statuses {
                    listing.extend(self.pages(self.by_status(*status, filter), limit).await?);
                }
            }
        }
        listing.incidents.sort_by(|one, other| other.created_at.cmp(&one.created_at));
        listing.incidents.truncate(limit);
        listing.unreadable.sort_unstable();
        Ok(listing)
    }

    /// Incidents with a mail held back by any silence, or by this one.
    ///
    /// # Errors
    /// As for [`Self::list`].
    pub(super) async fn held_back(&self, silence: Option<&str>) -> Result<Listing, IncidentsError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(table::INDEX_BY_DUE)
            .key_condition_expression("record_type = :incident")
            .expression_attribute_values(":incident", text(table::RECORD_TYPE_INCIDENT));
        let query = match silence {
            Some(id) => {
                query.filter_expression("silenced_by = :silence").expression_attribute_values(":silence", text(id))
            }
            None => query.filter_expression("attribute_exists(silenced_by)"),
        };
        self.pages(query, usize::MAX).await
    }

    fn by_created(&self, filter: &Filter) -> QueryFluentBuilder {
        let key = Key { partition: table::RECORD_TYPE, value: table::RECORD_TYPE_INCIDENT, sort: "created_at" };
        self.query(table::INDEX_BY_CREATED, &key, filter)
    }

    fn by_status(&self, status: Status, filter: &Filter) -> QueryFluentBuilder {
        // An incident created since then was also seen since then, so the key condition is right, if not sufficient.
        let key = Key { partition: "status", value: status.name(), sort: "last_seen_at" };
        self.query(table::INDEX_BY_STATUS, &key, filter)
    }

    fn query(&self, index: &str, key: &Key<'_>, filter: &Filter) -> QueryFluentBuilder {
        let expressions = Expressions::of(key, filter);
        self.client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .scan_index_forward(false)
            .key_condition_expression(expressions.key)
            .set_filter_expression(expressions.filter)
            .set_expression_attribute_names(Some(expressions.names))
            .set_expression_attribute_values(Some(expressions.values))
    }

    /// Reads pages until there are enough. A page may be empty after the filter and still have a next one.
    async fn pages(&self, query: QueryFluentBuilder, limit: usize) -> Result<Listing, IncidentsError> {
        let mut pages = query.into_paginator().send();
        let mut listing = Listing::default();
        while listing.incidents.len() < limit
            && let Some(page) = pages.next().await
        {
            let page = page.explain("dynamodb:Query").map_err(|error| self.failed(error))?;
            listing.extend(Listing::of(page.items.unwrap_or_default()));
        }
        Ok(listing)
    }
}

/// The key of an index, with the value of its partition key.
struct Key<'a> {
    partition: &'a str,
    value: &'a str,
    sort: &'a str,
}

/// The expressions of a query. `#` and `:` names stand for attributes and values, because several attributes are reserved
/// words.
struct Expressions {
    key: String,
    filter: Option<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Expressions {
    fn of(key: &Key<'_>, filter: &Filter) -> Self {
        let mut expressions = Self {
            key: "#partition = :partition".to_owned(),
            filter: None,
            names: HashMap::from([("#partition".to_owned(), key.partition.to_owned())]),
            values: HashMap::from([(":partition".to_owned(), text(key.value))]),
        };
        let mut conditions = Vec::new();
        if let Some(since) = &filter.since {
            expressions.names.insert("#sort".to_owned(), key.sort.to_owned());
            expressions.values.insert(":since".to_owned(), text(since));
            expressions.key += " AND #sort >= :since";
            // DynamoDB rejects key attributes in the filter, so name the attribute only where it is not a key.
            if key.sort != "created_at" {
                conditions.push("created_at >= :since".to_owned());
            }
        }
        if let Some(drill) = &filter.drill {
            expressions.values.insert(":drill".to_owned(), text(drill));
            conditions.push("drill = :drill".to_owned());
        }
        let severities: Vec<&str> = filter.severities.iter().map(|severity| severity.name()).collect();
        let sources: Vec<&str> = filter.sources.iter().map(String::as_str).collect();
        let resources: Vec<&str> = filter.resources.iter().map(String::as_str).collect();
        for (attribute, wanted) in [("severity", severities), ("source", sources), ("resource", resources)] {
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

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_name_only_what_is_asked_for() {
        let created = Key { partition: "record_type", value: "incident", sort: "created_at" };
        let status = Key { partition: "status", value: "open", sort: "last_seen_at" };
        let since = Filter { since: Some("2026-01-01".to_owned()), ..Filter::default() };
        let orders = Filter { sources: vec!["lambda".into()], resources: vec!["orders".into()], ..Filter::default() };
        let severe = Filter { severities: vec![Severity::Critical, Severity::High], ..Filter::default() };
        for (key, filter, expected_key, expected_filter) in [
            (&created, &Filter::default(), "#partition = :partition", None),
            (&created, &since, "#partition = :partition AND #sort >= :since", None),
            (&status, &since, "#partition = :partition AND #sort >= :since", Some("created_at >= :since")),
            (&created, &severe, "#partition = :partition", Some("#severity IN (:severity0, :severity1)")),
            (&status, &orders, "#partition = :partition", Some("#source IN (:source0) AND #resource IN (:resource0)")),
        ] {
            let expressions = Expressions::of(key, filter);
            assert_eq!(expressions.key, expected_key);
            assert_eq!(expressions.filter.as_deref(), expected_filter);
            let text = format!("{} {}", expressions.key, expressions.filter.unwrap_or_default());
            // DynamoDB rejects names and values that no expression uses.
            assert!(expressions.values.keys().all(|name| text.contains(name.as_str())));
            assert!(expressions.names.keys().all(|name| text.contains(name.as_str())));
        }
    }
}
