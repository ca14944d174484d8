//! Sends the failures of a function to the bus, and back to where they went before.

use super::before::{Before, tag_key};
use super::permission::Permission;
use super::{Function, Watch, WatchError};
use incident_deploy::aws::{AwsError, Explain};

/// The result of watching a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The function, with its qualifier if any.
    pub function: String,
    /// Whether anything changed.
    pub changed: bool,
    /// Where its failures went before.
    pub before: Option<String>,
    /// Why the role's permission to put events on the bus could not be checked.
    pub unchecked: Option<AwsError>,
}

/// The result of no longer watching a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The function, with its qualifier if any.
    pub function: String,
    /// Where its failures go now.
    pub destination: Option<String>,
    /// Whether the destination was changed in the meantime and therefore stays.
    pub was_changed_since: bool,
}

impl Watch {
    /// Sends the failures of a function to the default bus. Replaces another destination only with `replace`.
    ///
    /// # Errors
    /// If the function is the handler, has another destination, may not put events, or AWS refuses.
    pub async fn add(&self, name: &str, qualifier: Option<&str>, replace: bool) -> Result<Added, WatchError> {
        let function = self.function(name, qualifier).await?;
        if function.arn.ends_with(&format!(":{}", self.handler)) {
            return Err(WatchError::Handler { function: function.name });
        }
        let config = self.config(&function).await?;
        let before = match &config {
            None => Before::NoConfig,
            Some(config) => config.on_failure.clone().map_or(Before::NoDestination, Before::Destination),
        };
        match before.destination() {
            Some(arn) if arn == self.bus => {
                let before =
                    self.remembered(&function).await?.and_then(|before| before.destination().map(str::to_owned));
                return Ok(Added { function: function.name, changed: false, before, unchecked: None });
            }
            Some(arn) if !replace => {
                return Err(WatchError::Elsewhere { function: function.name, destination: arn.to_owned() });
            }
            _ => {}
        }
        let unchecked = match self.permission(&function.role).await {
            Permission::Granted => None,
            Permission::Missing => return Err(self.not_allowed(&function)),
            Permission::Unknown(error) => Some(error),
        };
        // Remember first: an interrupt in between must lose nothing.
        self.remember(&function, &before).await?;
        if let Err(error) = self.set_destination(&function, config.as_ref(), Some(&self.bus)).await {
            // Lambda checks the role itself and reports it in these words.
            if !error.message.contains("PutEvents") {
                return Err(error.into());
            }
            self.forget(&function).await?;
            return Err(self.not_allowed(&function));
        }
        let before = before.destination().map(str::to_owned);
        Ok(Added { function: function.name, changed: true, before, unchecked })
    }

    /// Sends the failures of a function where they went before.
    ///
    /// # Errors
    /// If the function is not watched, or AWS refuses.
    pub async fn remove(&self, name: &str, qualifier: Option<&str>) -> Result<Removed, WatchError> {
        let function = self.function(name, qualifier).await?;
        let Some(before) = self.remembered(&function).await? else {
            return Err(WatchError::NotWatched { function: function.name });
        };
        let config = self.config(&function).await?;
        let present = config.as_ref().and_then(|config| config.on_failure.clone());
        let was_changed_since = present.as_deref() != Some(&self.bus);
        if let Some(config) = config.filter(|_| !was_changed_since) {
            let is_ours_alone = before == Before::NoConfig && !config.limits_tries && config.on_success.is_none();
            match is_ours_alone {
                true => self.delete_config(&function).await?,
                false => self.set_destination(&function, Some(&config), before.destination()).await?,
            }
        }
        self.forget(&function).await?;
        let destination = if was_changed_since { present } else { before.destination().map(str::to_owned) };
        Ok(Removed { function: function.name, destination, was_changed_since })
    }

    fn not_allowed(&self, function: &Function) -> WatchError {
        WatchError::NotAllowed { function: function.name.clone(), role: function.role.clone(), bus: self.bus.clone() }
    }

    async fn remembered(&self, function: &Function) -> Result<Option<Before>, AwsError> {
        let tags = self.clients.lambda.list_tags().resource(&function.arn).send().await.explain("lambda:ListTags")?;
        let key = tag_key(function.qualifier.as_deref());
        Ok(tags.tags().and_then(|tags| tags.get(&key)).and_then(|value| Before::from_tag(value)))
    }

    async fn remember(&self, function: &Function, before: &Before) -> Result<(), WatchError> {
        let value = before.tag_value().ok_or_else(|| WatchError::TooLong {
            function: function.name.clone(),
            destination: before.destination().unwrap_or_default().to_owned(),
        })?;
        let call = self.clients.lambda.tag_resource().resource(&function.arn);
        let call = call.tags(tag_key(function.qualifier.as_deref()), value).send().await;
        Ok(call.explain("lambda:TagResource").map(drop)?)
    }

    async fn forget(&self, function: &Function) -> Result<(), AwsError> {
        let call = self.clients.lambda.untag_resource().resource(&function.arn);
        let call = call.tag_keys(tag_key(function.qualifier.as_deref())).send().await;
        call.explain("lambda:UntagResource").map(drop)
    }
}
