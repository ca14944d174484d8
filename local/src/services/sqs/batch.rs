//! Batch operations: each entry succeeds or fails on its own.

use std::collections::HashSet;

use crate::{ApiError, Call, Cloud, Input, Output};

use super::{arn_of_url, message, messages};

pub(super) fn handle(cloud: &Cloud, call: &Call) -> Result<Output, ApiError> {
    let queue_arn = arn_of_url(call)?;
    cloud.sqs.state().queue(&queue_arn)?;
    let entries = call.input.structures("Entries");
    check_entries(call, &entries)?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in &entries {
        let id = entry.text("Id").unwrap_or_default();
        match one(cloud, call, &queue_arn, entry) {
            Ok(members) => {
                let members = [("Id".to_owned(), id.into())].into_iter().chain(members).collect();
                successful.push(Output::Structure(members));
            }
            Err(error) => failed.push(Output::structure([
                ("Id", Some(id.into())),
                ("SenderFault", Some((error.status < 500).into())),
                ("Code", Some(error.code.into())),
                ("Message", Some(error.message.into())),
            ])),
        }
    }
    cloud.sqs.arrived.notify_waiters();
    cloud.polled_metric_changed();
    // AWS omits an empty list, although its model requires both (<https://github.com/aws/aws-sdk/issues/657>).
    let any = |entries: Vec<Output>| (!entries.is_empty()).then_some(Output::List(entries));
    Ok(Output::structure([("Successful", any(successful)), ("Failed", any(failed))]))
}

fn one(cloud: &Cloud, call: &Call, queue_arn: &str, entry: &Input) -> Result<Vec<(String, Output)>, ApiError> {
    match call.operation.as_str() {
        "SendMessageBatch" => messages::send_one(cloud, call, queue_arn, entry),
        "DeleteMessageBatch" => messages::delete_one(cloud, queue_arn, entry).map(|()| Vec::new()),
        _ => messages::change_visibility_one(cloud, queue_arn, entry).map(|()| Vec::new()),
    }
}

fn check_entries(call: &Call, entries: &[Input]) -> Result<(), ApiError> {
    if entries.is_empty() {
        return Err(ApiError::new(
            "EmptyBatchRequest",
            format!("There should be at least one {}RequestEntry in the request.", call.operation),
        ));
    }
    if entries.len() > 10 {
        return Err(ApiError::new(
            "TooManyEntriesInBatchRequest",
            format!("Maximum number of entries per request are 10. You have sent {}.", entries.len()),
        ));
    }
    let mut seen = HashSet::new();
    for id in entries.iter().map(|entry| entry.text("Id").unwrap_or_default()) {
        let legal = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        if id.is_empty() || id.len() > 80 || !id.chars().all(legal) {
            return Err(ApiError::new(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
            ));
        }
        if !seen.insert(id) {
            return Err(ApiError::new("BatchEntryIdsNotDistinct", format!("Id {id} repeated.")));
        }
    }
    let bytes: usize = entries.iter().map(message::sent_size).sum();
    if bytes > 1_048_576 {
        return Err(ApiError::new(
            "BatchRequestTooLong",
            format!("Batch requests cannot be longer than 1048576 bytes. You have sent {bytes} bytes."),
        ));
    }
    Ok(())
}
