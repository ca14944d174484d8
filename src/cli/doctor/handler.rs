//! Whether there is something to deploy.

use crate::health::Check;
use incident_deploy::package::{self, Destination, Place};

/// Looks for the one that goes there, and builds nothing.
pub(super) fn check(destination: Destination) -> Check {
    const NAME: &str = "handler";
    match package::look(destination) {
        Ok(Place::Ready(handler)) => Check::ok(NAME, format!("{} is ready to be deployed", handler.display())),
        Ok(Place::ToBuild(checkout)) => Check::ok(NAME, format!("`up` builds it in {}", checkout.display())),
        Err(error) => Check::fail(NAME, error.to_string()).hint(error.hint()),
    }
}
