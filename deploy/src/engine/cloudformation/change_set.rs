//! A change set: created, read, then executed or discarded.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, OnStackFailure, Parameter, StackStatus, Tag,
};

use super::operation::{Aim, Operation, new_token};
use super::planned_change::PlannedChange;
use super::{Bucket, StackRecord, StackState};
use crate::aws::wait::until;
use crate::aws::{Absent, AwsError, Clients, Explain};
use crate::progress::Progress;
use crate::template::{OWNER_TAG, SCHEMA, SCHEMA_TAG};

/// How long CloudFormation may take to create a change set for a stack of this size.
const LIMIT: Duration = Duration::from_secs(300);
/// How CloudFormation's reason for an empty change set begins.
const NO_CHANGES: [&str; 2] = ["The submitted information didn't contain changes", "No updates are to be performed"];
/// Maximum size of a template in a request, in bytes; in S3 it is a megabyte
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
const LONGEST_BODY: usize = 51_200;

/// CloudFormation's input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blueprint {
    /// The name of the stack.
    pub stack: String,
    /// The finished template.
    pub template: String,
    /// The values of its parameters.
    pub parameters: BTreeMap<String, String>,
}

/// A change set that is ready to be executed.
#[derive(Debug)]
pub struct ChangeSet<'a> {
    clients: &'a Clients,
    /// Its ARN.
    id: String,
    /// The ARN of its stack.
    stack: String,
    aim: Aim,
    /// Whether this change set created the stack, which is only a shell without it.
    made_shell: bool,
    /// Whether its template is in the bucket.
    is_in_bucket: bool,
    /// What it will do.
    pub planned: Vec<PlannedChange>,
}

impl<'a> ChangeSet<'a> {
    /// Creates one against a stack's record; `None` when CloudFormation finds no difference.
    ///
    /// # Errors
    /// A call that fails, and a template that CloudFormation rejects.
    pub async fn make(
        clients: &'a Clients,
        blueprint: &Blueprint,
        bucket: &Bucket<'_>,
        record: Option<&StackRecord>,
    ) -> Result<Option<Self>, AwsError> {
        let state = record.map(StackRecord::state).filter(|state| *state != StackState::Deleted);
        let aim = match state {
            None | Some(StackState::Shell) => Aim::Create,
            Some(_) => Aim::Update,
        };
        let name = new_token();
        let url = match blueprint.template.len() > LONGEST_BODY {
            true => Some(bucket.hold_template(&blueprint.template).await?),
            false => None,
        };
        let is_in_bucket = url.is_some();
        request(clients, blueprint, url, aim, &name).await?;
        let (described, planned) = describe(clients, &blueprint.stack, &name).await?;
        let made = Self {
            clients,
            id: described.change_set_id.unwrap_or_default(),
            stack: described.stack_id.unwrap_or_default(),
            aim,
            made_shell: state.is_none(),
            is_in_bucket,
            planned,
        };
        if described.status != Some(ChangeSetStatus::Failed) {
            return Ok(Some(made));
        }
        // Failed change sets count towards a limit per stack.
        made.discard().await?;
        let reason = described.status_reason.unwrap_or_default();
        match NO_CHANGES.iter().any(|words| reason.contains(words)) {
            true => Ok(None),
            false => Err(AwsError::new("cloudformation:CreateChangeSet", "ChangeSetFailed", reason)),
        }
    }

    /// Discards it, and the stack if it is only a shell.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn discard(&self) -> Result<(), AwsError> {
        let client = &self.clients.cloudformation;
        // IAM checks this call against the stack's ARN.
        let call = client.delete_change_set().stack_name(&self.stack).change_set_name(&self.id);
        call.send().await.explain("cloudformation:DeleteChangeSet").or_absent("ChangeSetNotFound")?;
        let is_shell = |record: StackRecord| record.status == StackStatus::ReviewInProgress.as_str();
        if self.made_shell && StackRecord::read(self.clients, &self.stack).await?.is_some_and(is_shell) {
            let call = client.delete_stack().stack_name(&self.stack).client_request_token(new_token());
            call.send().await.explain("cloudformation:DeleteStack")?;
        }
        Ok(())
    }

    /// Executes the change set.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn execute(&self) -> Result<Operation<'a>, AwsError> {
        let token = new_token();
        // Checked against the stack's ARN, as the deletion is.
        let call = self.clients.cloudformation.execute_change_set().stack_name(&self.stack).change_set_name(&self.id);
        call.client_request_token(&token).send().await.explain("cloudformation:ExecuteChangeSet")?;
        Ok(Operation::begun(self.clients, &self.stack, self.aim, Some(token)))
    }

    /// Whether it put the only object of a stack that does not exist yet into the bucket.
    pub fn leaves_template(&self) -> bool {
        self.made_shell && self.is_in_bucket
    }

    /// The intended result.
    pub fn aim(&self) -> Aim {
        self.aim
    }
}

/// Requests a change set for the template at a URL, or in the request itself.
async fn request(
    clients: &Clients,
    blueprint: &Blueprint,
    url: Option<String>,
    aim: Aim,
    name: &str,
) -> Result<(), AwsError> {
    const CALL: &str = "cloudformation:CreateChangeSet";
    let body = url.is_none().then(|| blueprint.template.clone());
    let parameters = blueprint
        .parameters
        .iter()
        .map(|(key, value)| Parameter::builder().parameter_key(key).parameter_value(value).build());
    let call = clients
        .cloudformation
        .create_change_set()
        .stack_name(&blueprint.stack)
        .change_set_name(name)
        .client_token(name)
        .set_template_body(body)
        .set_template_url(url)
        .set_parameters(Some(parameters.collect()))
        // The template names its roles.
        .capabilities(Capability::CapabilityNamedIam)
        .tags(Tag::builder().key(OWNER_TAG).value(&blueprint.stack).build())
        .tags(Tag::builder().key(SCHEMA_TAG).value(SCHEMA.to_string()).build());
    let call = match aim {
        Aim::Create => call.change_set_type(ChangeSetType::Create).on_stack_failure(OnStackFailure::Delete),
        Aim::Update | Aim::Delete => call.change_set_type(ChangeSetType::Update),
    };
    // If it exists, an earlier response was lost: the name is unique to this run.
    call.send().await.explain(CALL).or_absent("AlreadyExistsException").map(|_| ())
}

/// Waits until the change set is ready or failed, and reads all its pages.
async fn describe(
    clients: &Clients,
    stack: &str,
    name: &str,
) -> Result<(DescribeChangeSetOutput, Vec<PlannedChange>), AwsError> {
    let page = |next: Option<String>| async move {
        let call = clients.cloudformation.describe_change_set().stack_name(stack).change_set_name(name);
        call.set_next_token(next).send().await.explain("cloudformation:DescribeChangeSet")
    };
    let mut first = until(&Progress::silent(), "CloudFormation to create the change set", LIMIT, || async {
        let page = page(None).await?;
        let over = matches!(page.status, Some(ChangeSetStatus::CreateComplete | ChangeSetStatus::Failed));
        Ok(over.then_some(page))
    })
    .await?;
    let mut changes = first.changes.take().unwrap_or_default();
    let mut next = first.next_token.take();
    while next.is_some() {
        let page = page(next).await?;
        changes.extend(page.changes.unwrap_or_default());
        next = page.next_token;
    }
    let planned = changes.iter().filter_map(|change| PlannedChange::read(change.resource_change()?)).collect();
    Ok((first, planned))
}
