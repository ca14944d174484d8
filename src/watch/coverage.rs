//! Which failures of which functions are noticed.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

use super::before::tag_key;
use super::config::on_failure;
use super::{Watch, split};
use incident_deploy::aws::{Absent, AwsError, Explain};

/// Maximum concurrent calls.
const AT_ONCE: usize = 10;

/// How failures of a function, or of one of its versions or aliases, are noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The function's name.
    pub function: String,
    /// Version or alias; `None` for unqualified invocations.
    pub qualifier: Option<String>,
    /// The kind of destination of asynchronous failures.
    pub kind: Kind,
    /// Its ARN.
    pub destination: Option<String>,
    /// Whether `watch add` sent them there.
    pub watched: bool,
    /// The dead-letter queue or topic, which gets the event without the error.
    pub dead_letter: Option<String>,
}

/// Kinds of destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The bus that the stack's rules are on.
    DefaultBus,
    /// Another bus.
    Bus,
    /// An SQS queue.
    Queue,
    /// An SNS topic.
    Topic,
    /// Another function.
    Function,
    /// An S3 bucket.
    Bucket,
    /// No destination: CloudWatch only counts the failure.
    Nothing,
}

impl Kind {
    fn of(destination: Option<&str>) -> Self {
        let service = destination.and_then(|arn| arn.split(':').nth(2));
        match (service, destination) {
            (Some("events"), Some(arn)) if arn.ends_with(":event-bus/default") => Self::DefaultBus,
            (Some("events"), _) => Self::Bus,
            (Some("sqs"), _) => Self::Queue,
            (Some("sns"), _) => Self::Topic,
            (Some("lambda"), _) => Self::Function,
            (Some("s3"), _) => Self::Bucket,
            _ => Self::Nothing,
        }
    }
}

/// A function as ListFunctions returns it.
struct Listed {
    name: String,
    arn: String,
    dead_letter: Option<String>,
}

impl Watch {
    /// The coverage of all functions in the region, or of those named; missing ones are omitted.
    ///
    /// # Errors
    /// If AWS refuses.
    pub async fn coverage(&self, names: &[String]) -> Result<Vec<Coverage>, AwsError> {
        let mut functions = Vec::new();
        let mut pages = self.clients.lambda.list_functions().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.explain("lambda:ListFunctions")?;
            functions.extend(page.functions().iter().map(|function| Listed {
                name: function.function_name().unwrap_or_default().to_owned(),
                arn: function.function_arn().unwrap_or_default().to_owned(),
                dead_letter: function.dead_letter_config().and_then(|config| config.target_arn().map(str::to_owned)),
            }));
        }
        functions.retain(|function| names.is_empty() || names.contains(&function.name));
        functions.sort_by(|one, other| one.name.cmp(&other.name));
        let rows = stream::iter(functions).map(|function| self.of_function(function)).buffered(AT_ONCE);
        let rows: Vec<Vec<Coverage>> = rows.try_collect().await?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// A row for the function, and one for each version and alias with a configuration of its own.
    async fn of_function(&self, function: Listed) -> Result<Vec<Coverage>, AwsError> {
        let mut found = vec![(None, None)];
        let mut pages = self
            .clients
            .lambda
            .list_function_event_invoke_configs()
            .function_name(&function.name)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.explain("lambda:ListFunctionEventInvokeConfigs").or_absent("ResourceNotFoundException")?;
            for config in page.iter().flat_map(|page| page.function_event_invoke_configs()) {
                let qualifier = split(config.function_arn().unwrap_or_default()).1.map(str::to_owned);
                let destination = config.destination_config().and_then(on_failure);
                match found.iter_mut().find(|(known, _)| *known == qualifier) {
                    Some(known) => known.1 = destination,
                    None => found.push((qualifier, destination)),
                }
            }
        }
        let is_on_bus = found.iter().any(|(_, destination)| destination.as_ref() == Some(&self.bus));
        let tags = if is_on_bus { self.tag_keys(&function.arn).await? } else { Vec::new() };
        let row = |(qualifier, destination): (Option<String>, Option<String>)| Coverage {
            function: function.name.clone(),
            kind: Kind::of(destination.as_deref()),
            watched: destination.as_ref() == Some(&self.bus) && tags.contains(&tag_key(qualifier.as_deref())),
            qualifier,
            destination,
            dead_letter: function.dead_letter.clone(),
        };
        Ok(found.into_iter().map(row).collect())
    }

    async fn tag_keys(&self, arn: &str) -> Result<Vec<String>, AwsError> {
        let answer = self.clients.lambda.list_tags().resource(arn).send().await.explain("lambda:ListTags")?;
        Ok(answer.tags().into_iter().flat_map(|tags| tags.keys().cloned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_determines_the_kind_of_destination() {
        for (arn, kind) in [
            (None, Kind::Nothing),
            (Some("arn:aws:events:eu-west-1:111122223333:event-bus/default"), Kind::DefaultBus),
            (Some("arn:aws:events:eu-west-1:111122223333:event-bus/orders"), Kind::Bus),
            (Some("arn:aws:sqs:eu-west-1:111122223333:dead"), Kind::Queue),
            (Some("arn:aws:sns:eu-west-1:111122223333:dead"), Kind::Topic),
            (Some("arn:aws:lambda:eu-west-1:111122223333:function:repair"), Kind::Function),
            (Some("arn:aws:s3:::failures"), Kind::Bucket),
        ] {
            assert_eq!(Kind::of(arn), kind, "{arn:?}");
        }
    }
}
