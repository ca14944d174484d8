//! Which incidents there are: queries of the table's indexes, never a Scan.

use std::cmp::Reverse;
use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use incident_model::{Severity, table};

use super::filter::{Expressions, text};
use super::whole::Read;
use super::{Filter, Incidents, IncidentsError};
use incident_deploy::aws::Explain;

/// An item as DynamoDB answers it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Pages of an index.
pub(super) type Pages<'a> = BoxStream<'a, Result<Vec<Item>, IncidentsError>>;

/// Months that are read side by side when all incidents are wanted.
const MONTHS_AT_ONCE: usize = 8;
/// Entries of one page when few are wanted.
const PAGE: usize = 1000;

impl Incidents {
    /// Incidents by [`table::FORMER_INDEX_BY_CREATED`], newest first, as whole heads. While a table has that index, it
    /// shows all, those of this version included, so no other is needed.
    pub(super) fn by_created(&self, filter: &Filter) -> Pages<'_> {
        let expressions = Expressions::of(table::RECORD_TYPE, table::RECORD_TYPE_INCIDENT, filter);
        pages(self.query(table::FORMER_INDEX_BY_CREATED, expressions, filter.limit), self)
    }

    /// Ids of incidents by month; newest first if there is a limit.
    pub(super) async fn by_month(&self, filter: &Filter) -> Result<Pages<'_>, IncidentsError> {
        let months = self.months(filter.since.as_deref()).await?;
        let query = |month: String| {
            let expressions = Expressions::of(table::MONTH, &month, filter);
            pages(only_ids(self.query(table::INDEX_BY_MONTH, expressions, filter.limit)), self)
        };
        let pages: Vec<Pages<'_>> = months.into_iter().map(query).collect();
        let at_once = if filter.limit.is_some() { 1 } else { MONTHS_AT_ONCE };
        Ok(stream::iter(pages).flatten_unordered(at_once).boxed())
    }

    /// Ids of all incidents that need attention, newest first: an id sorts by the time of creation.
    pub(super) async fn due(&self, filter: &Filter) -> Result<Pages<'_>, IncidentsError> {
        let queues = Severity::ALL.into_iter().filter(|severity| {
            let is_queue = |wanted: &Severity| wanted.queue() == severity.queue();
            filter.severities.is_empty() || filter.severities.iter().any(is_queue)
        });
        let only = Filter { statuses: filter.statuses.clone(), ..Filter::default() };
        let query = |severity: Severity| {
            let expressions = Expressions::of(table::DUE_QUEUE, severity.queue(), &only);
            pages(only_ids(self.query(table::INDEX_DUE, expressions, None)), self)
        };
        let pages: Vec<Pages<'_>> = queues.map(query).collect();
        let mut found = all(stream::iter(pages).flatten_unordered(None).boxed()).await?;
        found.sort_by_cached_key(|item| Reverse(id_of(item)));
        Ok(stream::iter([Ok(found)]).boxed())
    }

    /// Incidents with a mail held back by any silence, or by this one: their ids and the silence's.
    ///
    /// # Errors
    /// As for [`Self::list`].
    pub(super) async fn held_back(&self, silence: Option<&str>) -> Result<Vec<(String, String)>, IncidentsError> {
        let held = |partition: &str, value: &str| {
            let mut expressions = Expressions::of(partition, value, &Filter::default());
            expressions.filter = Some(match silence {
                Some(id) => {
                    expressions.values.insert(":silence".to_owned(), text(id));
                    "silenced_by = :silence".to_owned()
                }
                None => "attribute_exists(silenced_by)".to_owned(),
            });
            expressions
        };
        let former = held(table::RECORD_TYPE, table::RECORD_TYPE_INCIDENT);
        let found = self
            .with_former_index(
                async || all(pages(self.query(table::FORMER_INDEX_BY_CREATED, former.clone(), None), self)).await,
                async || {
                    let query = |severity: Severity| {
                        let expressions = held(table::DUE_QUEUE, severity.queue());
                        pages(self.query(table::INDEX_DUE, expressions, None), self)
                    };
                    let pages: Vec<Pages<'_>> = Severity::ALL.into_iter().map(query).collect();
                    all(stream::iter(pages).flatten_unordered(None).boxed()).await
                },
            )
            .await?;
        let silenced_by = |item: &Item| item.get("silenced_by")?.as_s().ok().cloned();
        Ok(found.iter().filter_map(|item| Some((id_of(item)?, silenced_by(item)?))).collect())
    }

    /// Reads by the former index while the table has it, else by those of today. The table loses it once.
    pub(super) async fn with_former_index<T>(
        &self,
        former: impl AsyncFnOnce() -> Result<T, IncidentsError>,
        current: impl AsyncFnOnce() -> Result<T, IncidentsError>,
    ) -> Result<T, IncidentsError> {
        if !self.has_lost_former_index() {
            match former().await {
                Err(error) if error.lacks_index() => self.lose_former_index(),
                result => return result,
            }
        }
        current().await
    }

    /// The months with incidents, newest first.
    async fn months(&self, since: Option<&str>) -> Result<Vec<String>, IncidentsError> {
        let calendar = self.items(vec![table::CALENDAR.to_owned()], &Read::CONSISTENT).await?.remove(table::CALENDAR);
        let months = calendar.and_then(|mut item| item.remove(table::MONTHS));
        let mut months = months.and_then(|months| months.as_ss().ok().cloned()).unwrap_or_default();
        if let Some(since) = since {
            let first = table::month_of(since);
            months.retain(|month| *month >= first);
        }
        months.sort_unstable_by(|one, other| other.cmp(one));
        Ok(months)
    }

    fn query(&self, index: &str, expressions: Expressions, limit: Option<usize>) -> QueryFluentBuilder {
        // A filter applies after the limit of a page, so a limit would only make more pages.
        let page = limit.filter(|_| expressions.filter.is_none()).map(|limit| limit.clamp(1, PAGE) as i32);
        self.client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .scan_index_forward(false)
            .set_limit(page)
            .key_condition_expression(expressions.key)
            .set_filter_expression(expressions.filter)
            .set_expression_attribute_names(Some(expressions.names))
            .set_expression_attribute_values(Some(expressions.values))
    }
}

fn only_ids(query: QueryFluentBuilder) -> QueryFluentBuilder {
    query.projection_expression(table::INCIDENT_ID)
}

/// A page may be empty after the filter and still have a next one.
fn pages(query: QueryFluentBuilder, incidents: &Incidents) -> Pages<'_> {
    stream::unfold(query.into_paginator().send(), move |mut pages| async move {
        let page = pages.next().await?.explain("dynamodb:Query");
        let page = page.map(|page| page.items.unwrap_or_default()).map_err(|error| incidents.failed(error));
        Some((page, pages))
    })
    .boxed()
}

async fn all(pages: Pages<'_>) -> Result<Vec<Item>, IncidentsError> {
    pages.try_concat().await
}

/// The key of an item.
pub(super) fn id_of(item: &Item) -> Option<String> {
    item.get(table::INCIDENT_ID)?.as_s().ok().cloned()
}
