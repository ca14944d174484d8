//! The analyses of recent incidents, and what CloudTrail said about them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use incident_model::analysis::{Analysis, Cause, EvidenceKind, Missing, Quote, WhyMissing};
use incident_model::table::{
    CURRENT_RECORD_VERSION, INCIDENT_ID, INDEX_BY_MONTH, MONTH, RECORD_VERSION, TRAIL, WHO, analysis_key, month_of,
};
use incident_model::time::rfc3339;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_attribute_value};

use super::author::Author;
use super::question::Question;
use crate::item::{Item, number, string, text};
use crate::refused::Refused;
use crate::store::{Store, StoreError, Table};

/// Incidents that are looked at, at most: the keys of one call
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const MOST: usize = 100;
/// How long, in seconds, CloudTrail is reserved for a sweep: longer than it asks, and over at the next one.
const CLAIM: i64 = 40;

/// An incident that suspects a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Suspect {
    pub(crate) incident_id: String,
    pub(crate) function: String,
    pub(crate) account: String,
    pub(crate) region: String,
}

/// The incident table.
pub(crate) trait Memory {
    /// The incidents since a time, in seconds since 1970, that suspect a change of a function, the oldest first.
    fn suspects(&self, since: i64, now: i64) -> impl Future<Output = Result<Vec<Suspect>, Refused>>;

    /// The questions about these that are open.
    fn open(&self, suspects: &[Suspect]) -> impl Future<Output = Result<Vec<Question>, Refused>>;

    /// Whether no other sweep asks CloudTrail now.
    fn claim(&self, now: i64) -> impl Future<Output = Result<bool, Refused>>;

    /// Records who made the change, or that CloudTrail does not have it; false if that is recorded, or there is another
    /// analysis by now.
    fn answer(&self, question: &Question, author: Option<&Author>) -> impl Future<Output = Result<bool, Refused>>;

    /// Adds who made the change to the incident's timeline.
    fn note(&self, incident_id: &str, author: &Author, now: i64) -> impl Future<Output = Result<(), StoreError>>;
}

/// DynamoDB.
#[derive(Debug)]
pub(crate) struct TableMemory {
    client: Client,
    table: String,
    incidents: Table,
}

impl TableMemory {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { incidents: Table::new(client.clone(), table.clone()), client, table }
    }

    async fn of_month(&self, month: &str, since: &str) -> Result<Vec<Suspect>, Refused> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX_BY_MONTH)
            .key_condition_expression("#month = :month AND created_at >= :since")
            .filter_expression("cause IN (:deployment, :configuration) AND #source = :lambda")
            .expression_attribute_names("#month", MONTH)
            .expression_attribute_names("#source", "source")
            .expression_attribute_values(":month", text(month))
            .expression_attribute_values(":since", text(since))
            .expression_attribute_values(":deployment", text(Cause::Deployment.name()))
            .expression_attribute_values(":configuration", text(Cause::Configuration.name()))
            .expression_attribute_values(":lambda", text("lambda"));
        let answer = query.send().await.map_err(Refused::of("dynamodb:Query"))?;
        let suspect = |item: &Item| {
            Some(Suspect {
                incident_id: string(item, INCIDENT_ID)?,
                function: string(item, "resource")?,
                account: string(item, "account").unwrap_or_default(),
                region: string(item, "region").unwrap_or_default(),
            })
        };
        Ok(answer.items().iter().filter_map(suspect).collect())
    }
}

impl Memory for TableMemory {
    async fn suspects(&self, since: i64, now: i64) -> Result<Vec<Suspect>, Refused> {
        let (since, now) = (rfc3339(since), rfc3339(now));
        let mut suspects = self.of_month(&month_of(&since), &since).await?;
        if month_of(&since) != month_of(&now) {
            suspects.extend(self.of_month(&month_of(&now), &since).await?);
        }
        Ok(suspects)
    }

    async fn open(&self, suspects: &[Suspect]) -> Result<Vec<Question>, Refused> {
        const CALL: &str = "dynamodb:BatchGetItem";
        let suspects = suspects.get(..MOST).unwrap_or(suspects);
        if suspects.is_empty() {
            return Ok(Vec::new());
        }
        let key = |suspect: &Suspect| Item::from([(INCIDENT_ID.to_owned(), text(&analysis_key(&suspect.incident_id)))]);
        let keys = KeysAndAttributes::builder().set_keys(Some(suspects.iter().map(key).collect())).build();
        let keys = keys.map_err(|error| broken(CALL, &error))?;
        // What a throttled table leaves out is asked for by the next sweep.
        let answer = self.client.batch_get_item().request_items(&self.table, keys).send().await;
        let answer = answer.map_err(Refused::of(CALL))?;
        let items = answer.responses.and_then(|mut found| found.remove(&self.table)).unwrap_or_default();
        let open = items.into_iter().filter(|item| !item.contains_key(WHO)).filter_map(|item| {
            let of = item.get(INCIDENT_ID)?.as_s().ok()?;
            let suspect = suspects.iter().find(|suspect| analysis_key(&suspect.incident_id) == *of)?;
            Question::about(&suspect.incident_id, &suspect.function, &from_item::<Analysis>(item).ok()?)
        });
        Ok(open.collect())
    }

    async fn claim(&self, now: i64) -> Result<bool, Refused> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(INCIDENT_ID, text(TRAIL))
            .update_expression("SET claimed_until = :until, #version = :version")
            .condition_expression("attribute_not_exists(claimed_until) OR NOT (claimed_until BETWEEN :now AND :until)")
            .expression_attribute_names("#version", RECORD_VERSION)
            .expression_attribute_values(":now", number(now + 1))
            .expression_attribute_values(":until", number(now + CLAIM))
            .expression_attribute_values(":version", number(CURRENT_RECORD_VERSION));
        is_applied(update.send().await.map(drop))
    }

    async fn answer(&self, question: &Question, author: Option<&Author>) -> Result<bool, Refused> {
        const CALL: &str = "dynamodb:UpdateItem";
        let who = author.map_or("", |author| &author.who);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(INCIDENT_ID, text(&analysis_key(&question.incident_id)))
            .condition_expression("attribute_exists(incident_id) AND attribute_not_exists(#who) AND #at = :at")
            .expression_attribute_names("#who", WHO)
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":at", text(&question.analysed_at))
            .expression_attribute_values(":who", text(who));
        let added = match author {
            Some(author) => Some(("context", to_attribute_value([quote(author)]))),
            None if question.says_missing => None,
            None => Some((
                "missing",
                to_attribute_value([Missing { kind: EvidenceKind::Change, reason: WhyMissing::None }]),
            )),
        };
        let update = match added {
            None => update.update_expression("SET #who = :who"),
            Some((list, entry)) => update
                .update_expression("SET #who = :who, #list = list_append(if_not_exists(#list, :none), :entry)")
                .expression_attribute_names("#list", list)
                .expression_attribute_values(":entry", entry.map_err(|error| broken(CALL, &error))?)
                .expression_attribute_values(":none", AttributeValue::L(Vec::new())),
        };
        is_applied(update.send().await.map(drop))
    }

    async fn note(&self, incident_id: &str, author: &Author, now: i64) -> Result<(), StoreError> {
        let Some(incident) = self.incidents.incident(incident_id).await? else { return Ok(()) };
        let what = format!("suspected change: {}", quote(author).text);
        self.incidents.note(&incident, &rfc3339(now), &what).await
    }
}

/// What the record says of an author.
fn quote(author: &Author) -> Quote {
    let Author { who, call, at } = author;
    Quote {
        kind: EvidenceKind::Change,
        at: Some(rfc3339(*at)),
        text: format!("{call} by {who}, according to CloudTrail"),
    }
}

fn is_applied<E: ProvideErrorMetadata, R>(
    answer: Result<(), aws_sdk_dynamodb::error::SdkError<E, R>>,
) -> Result<bool, Refused> {
    match answer {
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        answer => answer.map(|()| true).map_err(Refused::of("dynamodb:UpdateItem")),
    }
}

fn broken(call: &'static str, error: &impl ToString) -> Refused {
    Refused { call, code: "BrokenRequest".to_owned(), message: error.to_string() }
}

#[cfg(test)]
mod tests;
