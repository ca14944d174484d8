//! Moves incidents of former versions to the table's indexes of today: gives each head its month, its place among what
//! needs attention, and the times at which it was acknowledged and resolved.
//!
//! Each write holds only for what it was computed from, so it can run while the handler works, be interrupted anywhere,
//! and be repeated.

mod pace;
mod placement;

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use futures_util::future::try_join_all;
use incident_model::{Status, table};

use crate::aws::{AwsError, Clients, Explain};

use pace::{AT_ONCE, Pace, patiently};
use placement::{Item, Placement};

/// Attempts at one head while others write to it.
const ATTEMPTS: usize = 10;
/// Errors of a write that another one beat.
const BEATEN: [&str; 2] = ["ConditionalCheckFailedException", "TransactionConflictException"];

/// The incidents of one table.
#[derive(Debug, Clone, Copy)]
pub struct Backfill<'a> {
    clients: &'a Clients,
    table: &'a str,
}

/// The end of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// How many incidents were moved.
    pub incidents: usize,
    /// The ids of those that DynamoDB does not change, sorted. Only the former index shows them.
    pub left: BTreeSet<String>,
}

/// What became of one head.
enum End {
    Moved,
    Elsewhere,
    Left,
}

impl<'a> Backfill<'a> {
    /// Of a table. Makes no call.
    pub fn of(clients: &'a Clients, table: &'a str) -> Self {
        Self { clients, table }
    }

    /// Moves all incidents, and reports how many there were in each page. Repeats itself until the former index, which
    /// lags behind, shows none. Does nothing if the table has no such index.
    ///
    /// # Errors
    /// A call that fails; a single head that cannot be changed is no error.
    pub async fn run(&self, report: &(dyn Fn(usize) + Sync)) -> Result<Moved, AwsError> {
        let mut moved = Moved::default();
        loop {
            let pass = self.pass(report).await?;
            moved = Moved { incidents: moved.incidents + pass.incidents, left: pass.left };
            if pass.incidents == 0 {
                return Ok(moved);
            }
        }
    }

    /// One look through the former index.
    async fn pass(&self, report: &(dyn Fn(usize) + Sync)) -> Result<Moved, AwsError> {
        let mut moved = Moved::default();
        let mut known = BTreeSet::new();
        let mut pace = Pace::default();
        let mut start = None;
        loop {
            let page = match self.page(start).await {
                Err(error) if error.lacks_index() => return Ok(moved),
                page => page?,
            };
            let heads = page.items.unwrap_or_default();
            self.enter_months(&heads, &mut known).await?;
            let before = moved.incidents;
            for chunk in heads.chunks(AT_ONCE) {
                let mut writes = Vec::new();
                for head in chunk {
                    writes.push(self.place(head.clone(), &pace));
                }
                let ends = try_join_all(writes).await?;
                for (end, head) in ends.into_iter().zip(chunk) {
                    match end {
                        End::Moved => moved.incidents += 1,
                        End::Elsewhere => {}
                        End::Left => moved.left.extend(placement::id_of(head)),
                    }
                }
                pace.keep().await;
            }
            if moved.incidents > before {
                report(moved.incidents - before);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(moved);
            }
        }
    }

    /// Heads without a month, and those whose time a former version took away: they are unresolved, and in no queue.
    async fn page(&self, start: Option<HashMap<String, AttributeValue>>) -> Result<QueryOutput, AwsError> {
        let call = self
            .clients
            .dynamodb
            .query()
            .table_name(self.table)
            .index_name(table::FORMER_INDEX_BY_CREATED)
            .key_condition_expression("#type = :incident")
            .filter_expression(
                "attribute_not_exists(#month) OR (#status <> :resolved AND attribute_not_exists(#due_at))",
            )
            .projection_expression(format!("{}, #month", placement::projection()))
            .set_expression_attribute_names(Some(placement::names()))
            .expression_attribute_names("#type", table::RECORD_TYPE)
            .expression_attribute_names("#month", table::MONTH)
            .expression_attribute_values(":incident", AttributeValue::S(table::RECORD_TYPE_INCIDENT.to_owned()))
            .expression_attribute_values(":resolved", AttributeValue::S(Status::Resolved.name().to_owned()))
            .set_exclusive_start_key(start);
        patiently(|| async { call.clone().send().await.explain("dynamodb:Query") }).await
    }

    /// Enters the months of heads in the calendar: before any head has one, so that no reader misses it.
    async fn enter_months(&self, heads: &[Item], known: &mut BTreeSet<String>) -> Result<(), AwsError> {
        let months: BTreeSet<String> = heads.iter().filter_map(placement::month_of).collect();
        let new: Vec<String> = months.difference(known).cloned().collect();
        if new.is_empty() {
            return Ok(());
        }
        let call = self
            .clients
            .dynamodb
            .update_item()
            .table_name(self.table)
            .key(table::INCIDENT_ID, AttributeValue::S(table::CALENDAR.to_owned()))
            .update_expression("ADD #months :months SET #version = if_not_exists(#version, :version)")
            .expression_attribute_names("#months", table::MONTHS)
            .expression_attribute_names("#version", table::RECORD_VERSION)
            .expression_attribute_values(":version", AttributeValue::N(table::CURRENT_RECORD_VERSION.to_string()))
            .expression_attribute_values(":months", AttributeValue::Ss(new));
        patiently(|| async { call.clone().send().await.explain("dynamodb:UpdateItem") }).await?;
        known.extend(months);
        Ok(())
    }

    /// Moves one head, and reads it anew when another write was first.
    async fn place(&self, mut head: Item, pace: &Pace) -> Result<End, AwsError> {
        for _ in 0..ATTEMPTS {
            let Some(placement) = Placement::of(&head) else { return Ok(End::Elsewhere) };
            match self.write(&placement, pace).await {
                Ok(()) => return Ok(End::Moved),
                Err(error) if BEATEN.iter().any(|code| error.is(code)) => {}
                // Such as an item that would become too large.
                Err(error) if error.is("ValidationException") => return Ok(End::Left),
                Err(error) => return Err(error),
            }
            match self.read(&placement.id).await? {
                Some(now) => head = now,
                None => return Ok(End::Elsewhere),
            }
        }
        Ok(End::Left)
    }

    async fn write(&self, placement: &Placement, pace: &Pace) -> Result<(), AwsError> {
        let expressions = placement.expressions();
        let call = self
            .clients
            .dynamodb
            .update_item()
            .table_name(self.table)
            .key(table::INCIDENT_ID, AttributeValue::S(placement.id.clone()))
            .update_expression(expressions.update)
            .condition_expression(expressions.condition)
            .set_expression_attribute_names(Some(expressions.names))
            .set_expression_attribute_values(Some(expressions.values))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let reply = patiently(|| async { call.clone().send().await.explain("dynamodb:UpdateItem") }).await?;
        pace.count(reply.consumed_capacity.and_then(|consumed| consumed.capacity_units));
        Ok(())
    }

    async fn read(&self, id: &str) -> Result<Option<Item>, AwsError> {
        let call = self
            .clients
            .dynamodb
            .get_item()
            .table_name(self.table)
            .key(table::INCIDENT_ID, AttributeValue::S(id.to_owned()))
            .projection_expression(format!("{}, #month", placement::projection()))
            .set_expression_attribute_names(Some(placement::names()))
            .expression_attribute_names("#month", table::MONTH)
            .consistent_read(true);
        Ok(patiently(|| async { call.clone().send().await.explain("dynamodb:GetItem") }).await?.item)
    }
}
