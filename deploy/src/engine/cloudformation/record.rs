//! CloudFormation's record of a stack.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, Tag, TemplateStage};

use super::StackState;
use super::operation::NAME_PREFIX;
use crate::aws::{AwsError, Clients, Explain};
use crate::plan::NewerSchema;
use crate::template::{OWNER_TAG, SCHEMA_TAG};

/// CloudFormation's record of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackRecord {
    /// The stack's ARN, which finds it even after its deletion.
    pub arn: String,
    /// Such as `UPDATE_COMPLETE`.
    pub status: String,
    /// The reason for the status, if AWS gives one.
    pub reason: Option<String>,
    /// Whether it bears our tag with the stack's name.
    pub ours: bool,
    /// The schema tag's value.
    pub schema: Option<String>,
    /// Whether it has termination protection.
    pub protected: bool,
    /// The values of its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Its current template, where that was read.
    pub template: Option<String>,
}

impl StackRecord {
    /// Reads the record of a stack by its name, or by its ARN.
    ///
    /// # Errors
    /// A call that fails. An endpoint without CloudFormation has no stacks, which is no error.
    pub async fn read(clients: &Clients, name: &str) -> Result<Option<Self>, AwsError> {
        let call = clients.cloudformation.describe_stacks().stack_name(name);
        match call.send().await.explain("cloudformation:DescribeStacks") {
            Ok(answer) => Ok(answer.stacks().first().map(Self::from)),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the record of a stack by its name, with the template of one that is ours.
    ///
    /// # Errors
    /// See [`Self::read`].
    pub async fn read_whole(clients: &Clients, name: &str) -> Result<Option<Self>, AwsError> {
        let Some(mut record) = Self::read(clients, name).await? else { return Ok(None) };
        if record.is_managed() {
            match record.template(clients).await {
                Ok(template) => record.template = Some(template),
                // Its deletion ended just now.
                Err(error) if is_absence(&error) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(record))
    }

    /// Whether it is our stack, beyond an unexecuted change set.
    pub fn is_managed(&self) -> bool {
        self.ours && !matches!(self.state(), StackState::Shell | StackState::Deleted)
    }

    /// Whether a foreign change set exists for a stack of this name that has no resources yet.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn is_reviewed_by_others(&self, clients: &Clients) -> Result<bool, AwsError> {
        let call = clients.cloudformation.list_change_sets().stack_name(&self.arn);
        let sets = call.send().await.explain("cloudformation:ListChangeSets")?;
        Ok(sets.summaries().iter().filter_map(|set| set.change_set_name()).any(|name| !name.starts_with(NAME_PREFIX)))
    }

    /// Its current template.
    ///
    /// # Errors
    /// A call that fails.
    pub async fn template(&self, clients: &Clients) -> Result<String, AwsError> {
        let call = clients.cloudformation.get_template().stack_name(&self.arn).template_stage(TemplateStage::Original);
        let answer = call.send().await.explain("cloudformation:GetTemplate")?;
        Ok(answer.template_body.unwrap_or_default())
    }

    /// Rejects a stack from a newer version.
    ///
    /// # Errors
    /// When it did.
    pub fn refuse_newer(&self) -> Result<(), NewerSchema> {
        NewerSchema::refuse(&self.arn, self.schema.as_deref().filter(|_| self.ours))
    }

    /// What can be done with it.
    pub fn state(&self) -> StackState {
        StackState::of(&self.status)
    }
}

/// CloudFormation has no code of its own for a stack that does not exist.
fn is_absence(error: &AwsError) -> bool {
    let absent = error.code == "ValidationError" && error.message.contains("does not exist");
    absent || error.code == "NotImplemented"
}

impl From<&Stack> for StackRecord {
    fn from(stack: &Stack) -> Self {
        let name = stack.stack_name().unwrap_or_default();
        let parameters = stack.parameters().iter().filter_map(|parameter| {
            Some((parameter.parameter_key()?.to_owned(), parameter.parameter_value()?.to_owned()))
        });
        Self {
            arn: stack.stack_id().unwrap_or(name).to_owned(),
            status: stack.stack_status().map_or("", |status| status.as_str()).to_owned(),
            reason: stack.stack_status_reason().filter(|reason| !reason.is_empty()).map(str::to_owned),
            ours: stack.tags().iter().any(|tag| tag.key() == Some(OWNER_TAG) && tag.value() == Some(name)),
            schema: stack
                .tags()
                .iter()
                .find(|tag| tag.key() == Some(SCHEMA_TAG))
                .and_then(Tag::value)
                .map(str::to_owned),
            protected: stack.enable_termination_protection() == Some(true),
            parameters: parameters.collect(),
            template: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_of_a_newer_program_is_refused_if_it_is_ours() {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        for (owner, schema, refused) in [
            ("devops", None, false),
            ("devops", Some("1"), false),
            ("devops", Some("2"), false),
            ("devops", Some("3"), true),
            ("theirs", Some("3"), false),
        ] {
            let tags = [Some(tag(OWNER_TAG, owner)), schema.map(|schema| tag(SCHEMA_TAG, schema))];
            let stack = Stack::builder().stack_name("devops").set_tags(Some(tags.into_iter().flatten().collect()));
            let refusal = StackRecord::from(&stack.build()).refuse_newer();
            assert_eq!(refusal.is_err(), refused, "{owner} {schema:?}: {refusal:?}");
        }
    }
}
