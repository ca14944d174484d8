//! All stacks of the account.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::error::{does_not_exist, validation};
use super::provision::Services;
use super::provisioner::Provisioner;
use super::stack::Stack;
use super::status::Status;
use crate::{ApiError, Cloud};

/// State of CloudFormation.
#[derive(Default)]
pub struct Cloudformation {
    /// Another one than the services, which tests put in their place.
    provisioner: OnceLock<Arc<dyn Provisioner>>,
    /// Newest last; deleted ones stay.
    stacks: Mutex<Vec<Stack>>,
}

impl Cloudformation {
    /// Says what makes the resources of stacks.
    #[cfg(test)]
    pub(crate) fn provision_with(&self, provisioner: Arc<dyn Provisioner>) {
        let _ = self.provisioner.set(provisioner);
    }

    /// What makes the resources.
    pub(super) fn provisioner(&self) -> Arc<dyn Provisioner> {
        self.provisioner.get().cloned().unwrap_or_else(|| Arc::new(Services))
    }

    pub(super) fn stacks(&self) -> MutexGuard<'_, Vec<Stack>> {
        self.stacks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stack by ARN, deleted or not, or by name if it is not deleted.
pub(super) fn find<'a>(stacks: &'a mut [Stack], name: &str, region: &str) -> Option<&'a mut Stack> {
    let here = stacks.iter_mut().filter(|stack| stack.region == region);
    here.rev().find(|stack| stack.id == name || stack.name == name && stack.status != Status::DeleteComplete)
}

/// Works on a stack under lock.
///
/// # Errors
/// `ValidationError` when there is none.
pub(super) fn with<T>(
    cloud: &Cloud,
    region: &str,
    name: &str,
    work: impl FnOnce(&mut Stack) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let mut stacks = cloud.cloudformation.stacks();
    work(find(&mut stacks, name, region).ok_or_else(|| does_not_exist(name))?)
}

/// Works on a stack that is known to exist, from the background.
pub(super) fn change<T>(cloud: &Cloud, id: &str, work: impl FnOnce(&mut Stack) -> T) -> Option<T> {
    let mut stacks = cloud.cloudformation.stacks();
    stacks.iter_mut().find(|stack| stack.id == id).map(work)
}

/// The rule for names of stacks and change sets.
pub(super) fn check_name(name: &str, member: &str) -> Result<(), ApiError> {
    let valid = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 128
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
    match valid {
        true => Ok(()),
        false => Err(validation(format!(
            "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        ))),
    }
}

impl std::fmt::Debug for Cloudformation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cloudformation").field("stacks", &self.stacks).finish_non_exhaustive()
    }
}
