//! The account's functions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::code::Code;
use super::function::Function;
use super::reference::Reference;
use crate::{ApiError, Cloud};

/// The functions, by region and name.
#[derive(Debug, Default)]
pub(super) struct Store {
    functions: Mutex<BTreeMap<(String, String), Function>>,
}

type Functions = BTreeMap<(String, String), Function>;

/// Locks all functions.
pub(super) fn functions(cloud: &Cloud) -> MutexGuard<'_, Functions> {
    cloud.lambda.store.functions.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A function's key.
pub(super) fn key(reference: &Reference) -> (String, String) {
    (reference.region.clone(), reference.name.clone())
}

/// Reads a function.
///
/// # Errors
/// `ResourceNotFoundException`, and errors of `read`.
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
/// `ResourceNotFoundException`, and errors of `change`.
pub(super) fn change<T>(
    cloud: &Cloud,
    reference: &Reference,
    change: impl FnOnce(&mut Function) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    change(functions(cloud).get_mut(&key(reference)).ok_or_else(|| reference.not_found())?)
}

/// When a create or update that starts now settles.
pub(super) fn settles_at(cloud: &Cloud) -> Instant {
    Instant::now() + cloud.clock.scaled(cloud.config.latency.function)
}

/// Root directory of unpacked packages.
pub(super) fn code_root(cloud: &Cloud) -> PathBuf {
    root_in(&cloud.config.directory)
}

/// Root directory of unpacked packages in a local AWS's directory.
pub(super) fn root_in(directory: &Path) -> PathBuf {
    directory.join("functions")
}

/// The package itself, or the same one of another function, which may be unpacked already.
pub(super) fn shared(cloud: &Cloud, code: Code) -> Arc<Code> {
    let functions = functions(cloud);
    let mut revisions = functions.values().flat_map(|function| function.published.iter().chain([&function.latest]));
    match revisions.find(|revision| revision.code.sha256 == code.sha256) {
        Some(revision) => Arc::clone(&revision.code),
        None => Arc::new(code),
    }
}
