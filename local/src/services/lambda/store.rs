//! The functions of the account, and how they are reached.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::function::Function;
use super::reference::Reference;
use crate::{ApiError, Cloud};

/// The functions, by region and name.
#[derive(Debug, Default)]
pub(super) struct Store {
    functions: Mutex<BTreeMap<(String, String), Function>>,
}

type Functions = BTreeMap<(String, String), Function>;

/// All functions, locked.
pub(super) fn functions(cloud: &Cloud) -> MutexGuard<'_, Functions> {
    cloud.lambda.store.functions.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The key of a function.
pub(super) fn key(reference: &Reference) -> (String, String) {
    (reference.region.clone(), reference.name.clone())
}

/// Reads a function.
///
/// # Errors
/// `ResourceNotFoundException`, and what `read` answers.
pub(super) fn read<T>(
    cloud: &Cloud,
    reference: &Reference,
    read: impl FnOnce(&Function) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    read(functions(cloud).get(&key(reference)).ok_or_else(|| reference.not_found())?)
}

/// Changes a function.
///
/// # Errors
/// `ResourceNotFoundException`, and what `change` answers.
pub(super) fn change<T>(
    cloud: &Cloud,
    reference: &Reference,
    change: impl FnOnce(&mut Function) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    change(functions(cloud).get_mut(&key(reference)).ok_or_else(|| reference.not_found())?)
}

/// When a function that is created or updated now will have settled.
pub(super) fn settles_at(cloud: &Cloud) -> Instant {
    Instant::now() + cloud.clock.scaled(cloud.config.latency.function)
}

/// The folder below which packages are unpacked.
pub(super) fn code_root(cloud: &Cloud) -> PathBuf {
    cloud.config.directory.join("functions")
}
