//! Whether a handler is available to deploy.

use crate::health::Check;
use incident_deploy::package::{self, Destination, Place};

/// Locates the handler that `up` would deploy; builds nothing.
pub(super) fn check(destination: Destination) -> Check {
    const NAME: &str = "handler";
    match package::look(destination) {
        Ok(Place::Ready(handler)) => Check::ok(NAME, format!("{} is ready to deploy", handler.display())),
        Ok(Place::ToBuild(checkout)) => Check::ok(NAME, format!("`up` builds it in {}", checkout.display())),
        Err(error) => Check::fail(NAME, error.to_string()).hint(error.hint()),
    }
}
