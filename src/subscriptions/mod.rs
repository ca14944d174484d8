//! The subscriptions of the alert topic: who gets alerts, and who may end it.
//!
//! Each mail of SNS ends with a link that unsubscribes whoever follows it, and mail scanners follow links. A subscription
//! that was confirmed with a signed request takes a signed request to end (SNS's API reference, `ConfirmSubscription`,
//! `AuthenticateOnUnsubscribe`).

mod link;

use serde::Serialize;

use incident_deploy::aws::{AwsError, Clients, Explain};
use incident_deploy::resources::Subscription;

pub use link::{Confirmation, Token};

/// Why a subscription cannot be confirmed.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionsError {
    /// Neither a link nor a token.
    #[error("this is neither a confirmation link nor its token")]
    Neither,
    /// A link of something else.
    #[error("this is no confirmation link of SNS, with TopicArn and Token")]
    NoConfirmationLink,
    /// The link of another topic.
    #[error("the link is about another topic, {found}; this stack has {expected}")]
    OtherTopic {
        /// The link's.
        found: String,
        /// The stack's.
        expected: String,
    },
    /// SNS does not accept the token.
    #[error("SNS does not accept the token: it is older than 48 hours, or of another topic")]
    BadToken,
    /// The stack is not there.
    #[error("there is no topic {topic}")]
    NoTopic {
        /// The stack's.
        topic: String,
    },
    /// The subscription had been confirmed without a signature, which SNS does not change.
    #[error("{address} was confirmed by its link before, so the link at the end of each mail still unsubscribes it")]
    Unprotected {
        /// The address.
        address: String,
        /// The subscription's ARN.
        arn: String,
    },
    /// A failed call.
    #[error(transparent)]
    Aws(#[from] AwsError),
}

impl SubscriptionsError {
    /// What the person can do.
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Neither | Self::NoConfirmationLink => {
                "copy the address of `Confirm subscription` in the mail `AWS Notification - Subscription Confirmation`, \
                 and quote it; where a mail scanner has rewritten it, pass the token alone"
                    .to_owned()
            }
            Self::OtherTopic { .. } => "--stack and --region choose the stack that the link is about".to_owned(),
            Self::BadToken => "`incidentctl up` sends another confirmation mail to each pending address".to_owned(),
            Self::NoTopic { .. } => "`incidentctl up` provisions the stack; --stack and --region choose another".to_owned(),
            Self::Unprotected { arn, .. } => format!(
                "end it with `aws sns unsubscribe --subscription-arn {arn}`, let `incidentctl up` subscribe the address \
                 again, and confirm with this command before the link is opened"
            ),
            Self::Aws(error) => return error.hint().map(str::to_owned).into_iter().collect(),
        };
        vec![hint]
    }
}

/// Who may end a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is not confirmed yet.
    Pending,
    /// Whoever follows the link at the end of a mail.
    Confirmed,
    /// This account only.
    Protected,
}

/// An address of the topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Address {
    /// The address.
    pub endpoint: String,
    /// Who may end it.
    pub state: State,
    /// The subscription's ARN; none while it is pending.
    #[serde(rename = "subscription_arn")]
    pub arn: Option<String>,
}

/// The email addresses of a topic, sorted; none without a topic.
///
/// # Errors
/// A call that fails.
pub async fn list(clients: &Clients, topic: &str) -> Result<Vec<Address>, AwsError> {
    let mut addresses = Vec::new();
    let mut subscriptions = Subscription::of_topic(clients, topic).await?;
    subscriptions.sort_by(|one, other| one.endpoint.cmp(&other.endpoint));
    for found in subscriptions {
        let arn = found.arn().map(str::to_owned);
        let state = match &arn {
            None => State::Pending,
            Some(arn) => read(clients, arn).await?.state,
        };
        addresses.push(Address { endpoint: found.endpoint, state, arn });
    }
    Ok(addresses)
}

/// Confirms a subscription so that only this account can end it.
///
/// # Errors
/// When the link is of another topic, SNS refuses, or the subscription had been confirmed in another way.
pub async fn confirm(clients: &Clients, topic: &str, given: &Confirmation) -> Result<Address, SubscriptionsError> {
    if let Some(found) = given.topic.as_deref().filter(|found| *found != topic) {
        return Err(SubscriptionsError::OtherTopic { found: found.to_owned(), expected: topic.to_owned() });
    }
    let call = clients.sns.confirm_subscription().topic_arn(topic).token(given.token.secret());
    let answer = call.authenticate_on_unsubscribe("true").send().await.explain("sns:ConfirmSubscription");
    let answer = answer.map_err(|error| refused(error, topic, &given.token))?;
    let arn = answer.subscription_arn.unwrap_or_default();
    let address = read(clients, &arn).await?;
    match address.state {
        State::Protected => Ok(address),
        _ => Err(SubscriptionsError::Unprotected { address: address.endpoint, arn }),
    }
}

/// SNS's message may repeat the token.
fn refused(error: AwsError, topic: &str, token: &Token) -> SubscriptionsError {
    let message = error.message.replace(token.secret(), "…");
    match () {
        () if error.is("NotFound") => SubscriptionsError::NoTopic { topic: topic.to_owned() },
        () if error.is("InvalidParameter") => SubscriptionsError::BadToken,
        () => AwsError { message, ..error }.into(),
    }
}

/// A confirmed subscription.
async fn read(clients: &Clients, arn: &str) -> Result<Address, AwsError> {
    let call = clients.sns.get_subscription_attributes().subscription_arn(arn);
    let attributes = call.send().await.explain("sns:GetSubscriptionAttributes")?.attributes.unwrap_or_default();
    let is_true = |name: &str| attributes.get(name).is_some_and(|value| value == "true");
    let state = match (is_true("PendingConfirmation"), is_true("ConfirmationWasAuthenticated")) {
        (true, _) => State::Pending,
        (false, true) => State::Protected,
        (false, false) => State::Confirmed,
    };
    let endpoint = attributes.get("Endpoint").cloned().unwrap_or_default();
    Ok(Address { endpoint, state, arn: Some(arn.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_repeats_the_token() -> Result<(), SubscriptionsError> {
        let token = "2336412f37fb687f5d51e6e2425dacbbffff2cf";
        let given = Confirmation::read(token)?;
        for code in ["InvalidParameter", "NotFound", "AuthorizationError", "InternalError"] {
            let error = AwsError::new("sns:ConfirmSubscription", code, format!("Invalid parameter: Token {token}"));
            let refused = refused(error, "arn:aws:sns:eu-west-1:111122223333:devops-alerts", &given.token);
            let said = format!("{refused} {refused:?} {:?}", refused.hints());
            assert!(!said.contains(token), "{said}");
        }
        Ok(())
    }
}
