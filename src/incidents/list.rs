//! The newest incidents, by Query on an index, never by Scan: the cost is that of what is shown.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::{Incident, Severity, Status, table};

use super::{Incidents, IncidentsError};
use crate::aws::Explain;

/// Which incidents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only in one of these; empty means all.
    pub statuses: Vec<Status>,
    /// Only with one of these; empty means all.
    pub severities: Vec<Severity>,
    /// Only created at this time or later, RFC 3339 in UTC.
    pub since: Option<String>,
    /// Only the one of this drill.
    pub drill: Option<String>,
    /// At most so many; `None` means all.
    pub limit: Option<usize>,
}

impl Incidents {
    /// Incidents, newest first.
    ///
    /// # Errors
    /// When the table is absent, AWS refuses, or an item cannot be understood.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Incident>, IncidentsError> {
        let mut incidents = Vec::new();
        match filter.statuses.as_slice() {
            [] => incidents = self.pages(self.by_created(filter), filter).await?,
            statuses => {
                for status in statuses {
                    incidents.extend(self.pages(self.by_status(*status, filter), filter).await?);
                }
            }
        }
        incidents.sort_by(|one, other| other.created_at.cmp(&one.created_at));
        incidents.truncate(filter.limit.unwrap_or(usize::MAX));
        Ok(incidents)
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

    /// Reads pages until there are enough. A page may hold nothing that passes the filter and still have a next one.
    async fn pages(&self, query: QueryFluentBuilder, filter: &Filter) -> Result<Vec<Incident>, IncidentsError> {
        let limit = filter.limit.unwrap_or(usize::MAX);
        let mut pages = query.into_paginator().send();
        let mut incidents = Vec::new();
        while incidents.len() < limit
            && let Some(page) = pages.next().await
        {
            let page = page.explain("dynamodb:Query").map_err(|error| self.failed(error))?;
            let items: Vec<Incident> = serde_dynamo::aws_sdk_dynamodb_1::from_items(page.items.unwrap_or_default())
                .map_err(IncidentsError::Malformed)?;
            incidents.extend(items);
        }
        Ok(incidents)
    }
}

/// The key of an index, and the value of its first part.
struct Key<'a> {
    partition: &'a str,
    value: &'a str,
    sort: &'a str,
}

/// The texts of a query. `#` and `:` names stand for attributes and values, as several attributes are reserved words.
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
            values: HashMap::from([(":partition".to_owned(), AttributeValue::S(key.value.to_owned()))]),
        };
        let mut conditions = Vec::new();
        if let Some(since) = &filter.since {
            expressions.names.insert("#sort".to_owned(), key.sort.to_owned());
            expressions.values.insert(":since".to_owned(), AttributeValue::S(since.clone()));
            expressions.key += " AND #sort >= :since";
            // DynamoDB refuses a key attribute in the filter, so the attribute is named only where it is no key.
            if key.sort != "created_at" {
                conditions.push("created_at >= :since".to_owned());
            }
        }
        if let Some(drill) = &filter.drill {
            expressions.values.insert(":drill".to_owned(), AttributeValue::S(drill.clone()));
            conditions.push("drill = :drill".to_owned());
        }
        if !filter.severities.is_empty() {
            let names: Vec<String> = filter.severities.iter().map(|severity| format!(":{severity}")).collect();
            conditions.push(format!("severity IN ({})", names.join(", ")));
            for severity in &filter.severities {
                expressions.values.insert(format!(":{severity}"), AttributeValue::S(severity.name().to_owned()));
            }
        }
        expressions.filter = Some(conditions.join(" AND ")).filter(|text| !text.is_empty());
        expressions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_name_only_what_is_asked_for() {
        let created = Key { partition: "record_type", value: "incident", sort: "created_at" };
        let status = Key { partition: "status", value: "open", sort: "last_seen_at" };
        let since = Filter { since: Some("2026-01-01".to_owned()), ..Filter::default() };
        let severe = Filter { severities: vec![Severity::Critical, Severity::High], ..Filter::default() };
        for (key, filter, expected_key, expected_filter) in [
            (&created, &Filter::default(), "#partition = :partition", None),
            (&created, &since, "#partition = :partition AND #sort >= :since", None),
            (&status, &since, "#partition = :partition AND #sort >= :since", Some("created_at >= :since")),
            (&created, &severe, "#partition = :partition", Some("severity IN (:CRITICAL, :HIGH)")),
        ] {
            let expressions = Expressions::of(key, filter);
            assert_eq!(expressions.key, expected_key);
            assert_eq!(expressions.filter.as_deref(), expected_filter);
            let text = format!("{} {}", expressions.key, expressions.filter.unwrap_or_default());
            // DynamoDB refuses names and values that no expression uses.
            assert!(expressions.values.keys().all(|name| text.contains(name.as_str())));
            assert!(expressions.names.keys().all(|name| text.contains(name.as_str())));
        }
    }
}
