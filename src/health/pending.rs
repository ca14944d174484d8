//! Since when a subscription has been waiting for its confirmation.
//!
//! SNS does not report that. So `up` records when it first sees an address pending: a helper item in the incident
//! table, which expires with the confirmation mail. An address subscribed in another way has no such item; for it
//! only the limit is known.

use aws_sdk_dynamodb::types::AttributeValue;
use incident_model::table::{self, CURRENT_RECORD_VERSION, EXPIRES_AT, INCIDENT_ID, RECORD_VERSION};
use jiff::Timestamp;

use incident_deploy::aws::{AwsError, Clients, Explain};

/// Hours after which SNS drops an unconfirmed subscription.
pub const LIFETIME_HOURS: i64 = 48;

/// What ends it.
pub const CONFIRM_HINT: &str = "follow the link in the mail `AWS Notification - Subscription Confirmation`, or pass it to \
                                `incidentctl subscriptions confirm`, so that no mail scanner can unsubscribe the address";

const SINCE: &str = "pending_since";

/// How many whole hours an address has been pending, and in how many SNS drops it.
pub fn hours_pending(since: Timestamp) -> (i64, i64) {
    let waited = (Timestamp::now().as_second() - since.as_second()) / 3600;
    (waited, LIFETIME_HOURS - waited)
}

/// The record of pending subscriptions.
#[derive(Debug, Clone)]
pub struct Pending<'a> {
    client: &'a aws_sdk_dynamodb::Client,
    table: String,
}

impl<'a> Pending<'a> {
    /// The record of a stack. Makes no call.
    pub fn of(clients: &'a Clients, stack: &str) -> Self {
        Self { client: &clients.dynamodb, table: format!("{stack}-incidents") }
    }

    /// Records that an address is pending from now on, unless already recorded.
    ///
    /// # Errors
    /// If the table refuses.
    pub async fn remember(&self, address: &str) -> Result<(), AwsError> {
        let now = Timestamp::now().as_second();
        let number = |number: i64| AttributeValue::N(number.to_string());
        let call = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(INCIDENT_ID, AttributeValue::S(table::pending_key(address)))
            .item(RECORD_VERSION, AttributeValue::N(CURRENT_RECORD_VERSION.to_string()))
            .item(SINCE, number(now))
            .item(EXPIRES_AT, number(now + LIFETIME_HOURS * 3600))
            // DynamoDB may keep expired items for days.
            .condition_expression("attribute_not_exists(#id) OR #expires < :now")
            .expression_attribute_names("#id", INCIDENT_ID)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":now", number(now));
        match call.send().await.explain("dynamodb:PutItem") {
            Err(error) if error.is("ConditionalCheckFailedException") => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Since when an address has been pending, if known.
    ///
    /// # Errors
    /// If the table refuses.
    pub async fn since(&self, address: &str) -> Result<Option<Timestamp>, AwsError> {
        let call = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(INCIDENT_ID, AttributeValue::S(table::pending_key(address)));
        let item = call.send().await.explain("dynamodb:GetItem")?.item.unwrap_or_default();
        let seconds = item.get(SINCE).and_then(|value| value.as_n().ok()?.parse().ok());
        let since = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Ok(since.filter(|since| Timestamp::now().as_second() - since.as_second() < LIFETIME_HOURS * 3600))
    }
}
