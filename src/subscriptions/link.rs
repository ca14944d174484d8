//! The link of a confirmation mail, or the token in it. A token is as good as the consent of the mail's recipient, so no
//! text of this program contains it.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::SubscriptionsError;

/// The path of SNS's page, on AWS and on the local AWS.
const PAGE: &str = "/confirmation.html";
/// SNS's tokens have up to some 260 characters.
const LONGEST: usize = 1024;
/// Shorter than any token.
const SHORTEST: usize = 16;

/// What confirms a subscription.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token itself, for the call that uses it.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    fn read(text: &str) -> Option<Self> {
        let is_token =
            (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_token.then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// A link or a token, as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The token.
    pub token: Token,
    /// The topic that the link names; a bare token names none.
    pub topic: Option<String>,
}

impl Confirmation {
    /// Reads a link or a token. Of a link, only `Token` and `TopicArn` are used: it is never opened.
    ///
    /// # Errors
    /// When it is neither; the error does not repeat it.
    pub fn read(text: &str) -> Result<Self, SubscriptionsError> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            let token = Token::read(text).ok_or(SubscriptionsError::Neither)?;
            return Ok(Self { token, topic: None });
        };
        let (place, query) = rest.split_once('?').ok_or(SubscriptionsError::NoConfirmationLink)?;
        let is_page = matches!(scheme, "http" | "https") && place.ends_with(PAGE);
        let parameter = |name| parameter(query, name).ok_or(SubscriptionsError::NoConfirmationLink);
        let token = Token::read(&parameter("Token")?).filter(|_| is_page);
        Ok(Self { token: token.ok_or(SubscriptionsError::NoConfirmationLink)?, topic: Some(parameter("TopicArn")?) })
    }
}

/// A decoded parameter of a query, up to the fragment.
fn parameter(query: &str, name: &str) -> Option<String> {
    let query = query.split('#').next().unwrap_or_default();
    let (_, value) = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?;
    percent_decode_str(value).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "2336412f37fb687f5d51e6e2425dacbbffff2cf";
    const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:devops-alerts";

    #[test]
    fn a_link_or_a_token_is_read() -> Result<(), SubscriptionsError> {
        let bare = Confirmation::read(&format!(" {TOKEN}\n"))?;
        assert_eq!((bare.token.secret(), bare.topic), (TOKEN, None));
        for link in [
            format!(
                "https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn={TOPIC}&Token={TOKEN}&Endpoint=a@example.com"
            ),
            format!("http://127.0.0.1:4566/confirmation.html?Token={TOKEN}&TopicArn={}#top", TOPIC.replace(':', "%3A")),
        ] {
            let read = Confirmation::read(&link)?;
            assert_eq!((read.token.secret(), read.topic.as_deref()), (TOKEN, Some(TOPIC)), "{link}");
        }
        Ok(())
    }

    #[test]
    fn anything_else_is_refused_and_nothing_repeats_the_token() {
        for text in [
            String::new(),
            "short".to_owned(),
            format!("{TOKEN} {TOKEN}"),
            "a".repeat(LONGEST + 1),
            format!("https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn={TOPIC}"),
            format!("https://sns.eu-west-1.amazonaws.com/confirmation.html?Token={TOKEN}"),
            format!("https://sns.eu-west-1.amazonaws.com/unsubscribe.html?TopicArn={TOPIC}&Token={TOKEN}"),
            format!("ftp://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn={TOPIC}&Token={TOKEN}"),
            format!("https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn={TOPIC}&Token={TOKEN}%0d%0aX: y"),
        ] {
            let refused = Confirmation::read(&text);
            assert!(refused.is_err(), "{text}");
            assert!(!format!("{refused:?}").contains(TOKEN), "{refused:?}");
        }
        let read = Confirmation::read(TOKEN);
        assert!(read.is_ok() && !format!("{read:?}").contains(TOKEN), "{read:?}");
    }
}
