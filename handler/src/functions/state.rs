//! The items of the watch over the functions: its state, and what the month's queries cost.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use incident_model::query_budget::Month;
use incident_model::table::{
    CURRENT_RECORD_VERSION, EXPIRES_AT, FUNCTION_WATCH, INCIDENT_ID, RECORD_VERSION, query_budget_key,
};

use super::watch::Watch;
use crate::item::{Item, integer, number, text};

/// The attributes of the state: a document, and the number of its changes.
const STATE: &str = "state";
const VERSION: &str = "version";
/// How long the costs of a month are kept.
const KEPT_SECONDS: i64 = 400 * 24 * 3600;

/// What is kept between sweeps.
pub(crate) trait Memory {
    /// The state, and its version. A state that this version of the program cannot read is one without failures.
    fn load(&self) -> impl Future<Output = Result<(Watch, u64), MemoryError>>;

    /// Replaces the state of a version; false if another invocation changed it.
    fn save(&self, watch: &Watch, version: u64) -> impl Future<Output = Result<bool, MemoryError>>;

    /// The metrics that a month's queries have read.
    fn spent(&self, month: &Month) -> impl Future<Output = Result<u64, MemoryError>>;

    /// Adds to the metrics that a month's queries have read.
    fn spend(&self, month: &Month, spending: &Spending) -> impl Future<Output = Result<(), MemoryError>>;
}

/// A round of queries, for the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spending {
    /// Metrics; negative for those that were reckoned with and not read.
    pub(crate) metrics: i64,
    /// When it was asked, in seconds since 1970.
    pub(crate) asked_at: i64,
    /// When the budget allows the next, in seconds since 1970.
    pub(crate) next_at: i64,
    /// The budget.
    pub(crate) budget_cents: u32,
}

/// Why the items could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// AWS refused.
    #[error("the state of the watch over the functions cannot be {what}: {code}: {message}")]
    Refused {
        /// `read` or `written`.
        what: &'static str,
        /// AWS's error code.
        code: String,
        /// AWS's message.
        message: String,
    },
    /// The state is no text.
    #[error("the state of the watch over the functions cannot be written as text")]
    NoText,
}

fn refused<E: ProvideErrorMetadata, R>(what: &'static str) -> impl Fn(SdkError<E, R>) -> MemoryError {
    move |error| MemoryError::Refused {
        what,
        code: error.code().unwrap_or(crate::store::kind(&error)).to_owned(),
        message: error.message().unwrap_or("no answer from DynamoDB").to_owned(),
    }
}

/// The incident table.
#[derive(Debug, Clone)]
pub(crate) struct TableMemory {
    client: Client,
    table: String,
}

impl TableMemory {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    async fn item(&self, key: &str) -> Result<Item, MemoryError> {
        let get = self.client.get_item().table_name(&self.table).key(INCIDENT_ID, text(key)).consistent_read(true);
        Ok(get.send().await.map_err(refused("read"))?.item.unwrap_or_default())
    }
}

impl Memory for TableMemory {
    async fn load(&self) -> Result<(Watch, u64), MemoryError> {
        let item = self.item(FUNCTION_WATCH).await?;
        let state = item.get(STATE).and_then(|value| value.as_s().ok());
        let watch = state.and_then(|state| serde_json::from_str(state).ok()).unwrap_or_default();
        Ok((watch, integer(&item, VERSION).unwrap_or_default()))
    }

    async fn save(&self, watch: &Watch, version: u64) -> Result<bool, MemoryError> {
        let state = serde_json::to_string(watch).map_err(|_| MemoryError::NoText)?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(INCIDENT_ID, text(FUNCTION_WATCH))
            .item(RECORD_VERSION, number(CURRENT_RECORD_VERSION))
            .item(STATE, text(&state))
            .item(VERSION, number(version + 1))
            .condition_expression("attribute_not_exists(incident_id) OR version = :version")
            .expression_attribute_values(":version", number(version));
        match put.send().await {
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            answer => answer.map(|_| true).map_err(refused("written")),
        }
    }

    async fn spent(&self, month: &Month) -> Result<u64, MemoryError> {
        Ok(integer(&self.item(&query_budget_key(&month.name)).await?, "metrics_read").unwrap_or_default())
    }

    async fn spend(&self, month: &Month, spending: &Spending) -> Result<(), MemoryError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(INCIDENT_ID, text(&query_budget_key(&month.name)))
            .update_expression(
                "ADD metrics_read :metrics SET asked_at = :asked, next_at = :next, budget_cents = :budget, \
                 #expires = :expires, #version = :version",
            )
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_names("#version", RECORD_VERSION)
            .expression_attribute_values(":metrics", number(spending.metrics))
            .expression_attribute_values(":asked", number(spending.asked_at))
            .expression_attribute_values(":next", number(spending.next_at))
            .expression_attribute_values(":budget", number(spending.budget_cents))
            .expression_attribute_values(":expires", number(month.ends + KEPT_SECONDS))
            .expression_attribute_values(":version", number(CURRENT_RECORD_VERSION));
        update.send().await.map(drop).map_err(refused("written"))
    }
}
