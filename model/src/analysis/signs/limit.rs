//! Errors of limits.

/// The memory was not enough.
pub(crate) const MEMORY: &[&str] = &[
    "allocation failed - javascript heap",
    "cannot allocate memory",
    "heap out of memory",
    "java heap space",
    "memoryerror",
    "outofmemory",
    "out of memory",
    "allowed memory size",
    "bad_alloc",
    "memory allocation of",
    "reached heap limit",
    "unable to allocate",
];

/// It was not done in its time.
pub(crate) const TIMEOUT: &[&str] = &["sandbox.timedout", "states.timeout", "task timed out after"];

/// `/tmp`, or another disk, was full.
pub(crate) const STORAGE: &[&str] = &[
    "disk full",
    "disk quota exceeded",
    "enospc",
    "free storage",
    "no space left on device",
    "out of storage",
    "storage full",
    "storage-full",
];

/// A payload was too large.
pub(crate) const PAYLOAD: &[&str] = &[
    "batchrequesttoolong",
    "body size is too long",
    "entity too large",
    "entitytoolarge",
    "exceeded maximum allowed payload",
    "item size has exceeded",
    "item size to update has exceeded",
    "message must be shorter than",
    "message size exceeds",
    "message too long",
    "payload size exceeded",
    "payload too large",
    "request must be smaller than",
    "requesttoolarge",
    "responsesizetoolarge",
    "response size exceeded",
    "size exceeding the maximum number of bytes service limit",
    "states.datalimitexceeded",
];

/// Handles of the execution environment: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
pub(crate) const HANDLES: &[&str] = &[
    "can't start new thread",
    "emfile",
    "pthread_create",
    "too many open files",
    "unable to create new native thread",
];

/// Executions at once.
pub(crate) const CONCURRENCY: &[&str] = &[
    "concurrentinvocationlimitexceeded",
    "eventageexceeded",
    "lambda.toomanyrequestsexception",
    "reservedfunctionconcurrent",
];

/// AWS takes no more calls for now: a quota of the account, or the throughput of a resource.
pub(crate) const THROTTLED: &[&str] = &[
    "maximum sending rate",
    "provisionedthroughputexceeded",
    "requestlimitexceeded",
    "rate exceeded",
    "throttlingexception",
    "throttling: ",
];

/// A quota of the account.
pub(crate) const QUOTA: &[&str] = &[
    "codestorageexceeded",
    "enilimitreached",
    "insufficientfreeaddresses",
    "service limit",
    "servicequota",
    "subnetipaddresslimitreached",
    "too many requests for account",
];
