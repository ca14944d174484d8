//! Whether there is something to deploy.

use crate::health::Check;
use incident_deploy::package::{self, Place};

/// Looks, and builds nothing.
pub(super) fn check() -> Check {
    const NAME: &str = "handler";
    match package::look() {
        Ok(Place::Ready(handler)) => Check::ok(NAME, format!("{} is ready to be deployed", handler.display())),
        Ok(Place::ToBuild(checkout)) => Check::ok(NAME, format!("`up` builds it in {}", checkout.display())),
        Err(error) => Check::fail(NAME, error.to_string()).hint(error.hint()),
    }
}
