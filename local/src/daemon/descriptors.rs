//! The number of file descriptors.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit, often 1 024 or 256, to the hard one: each connection needs a descriptor, and so do the files,
/// pipes and servers of functions. Functions have a limit of their own.
pub(super) fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "cannot raise the limit of file descriptors");
    }
}
