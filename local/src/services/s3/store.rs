//! The account's buckets.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;

use super::error::no_such_bucket;
use super::payload::Checksum;
use crate::ApiError;

/// S3: the buckets of the account.
#[derive(Debug, Default)]
pub struct S3 {
    buckets: Mutex<Buckets>,
}

/// All buckets by name. Bucket names are globally unique; here the account owns them all.
#[derive(Debug, Default)]
pub(super) struct Buckets(pub(super) BTreeMap<String, Bucket>);

/// A bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) region: String,
    pub(super) created: Timestamp,
    pub(super) objects: BTreeMap<String, Object>,
    /// Configuration documents by sub-resource: `encryption`, `policy` …
    pub(super) settings: BTreeMap<&'static str, String>,
}

/// An object.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) body: Bytes,
    /// Quoted.
    pub(super) etag: String,
    pub(super) modified: Timestamp,
    /// Headers returned as given: content type, metadata, encryption.
    pub(super) headers: Vec<(String, String)>,
    pub(super) checksum: Option<Checksum>,
}

impl S3 {
    pub(super) fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buckets {
    /// Finds a bucket.
    pub(super) fn get(&self, name: &str) -> Result<&Bucket, ApiError> {
        self.0.get(name).ok_or_else(no_such_bucket)
    }

    /// Finds a bucket, mutable.
    pub(super) fn get_mut(&mut self, name: &str) -> Result<&mut Bucket, ApiError> {
        self.0.get_mut(name).ok_or_else(no_such_bucket)
    }
}
