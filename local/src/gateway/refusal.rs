//! Reads the error that a reply holds, in any protocol.

use serde_json::Value;

use super::Reply;
use crate::ApiError;

/// The error of a reply; `None` for a success.
pub(super) fn of(reply: &Reply) -> Option<ApiError> {
    let status = reply.status();
    if status.is_success() {
        return None;
    }
    let body = String::from_utf8_lossy(reply.body());
    let document: Value = serde_json::from_str(&body).unwrap_or_default();
    let member = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
    let header = reply.headers().get("x-amzn-errortype").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let code = header.or_else(|| member("__type")).or_else(|| element(&body, "Code")).unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let message = member("message").or_else(|| member("Message")).or_else(|| element(&body, "Message"));
    Some(ApiError::new(code, message.unwrap_or_default()).with_status(status.as_u16()))
}

/// The text of the first element of a name.
fn element(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    quick_xml::escape::unescape(text).ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::ApiError;
    use crate::gateway::reply;

    #[test]
    fn the_error_of_each_protocol_is_read() {
        let error = |code: &str, message: &str, status| Some(ApiError::new(code, message).with_status(status));
        let cases = [
            (200, r#"{"message":"fine"}"#, None),
            (
                400,
                r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}"#,
                error("QueueDoesNotExist", "m", 400),
            ),
            (
                404,
                "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>a &amp; b</Message></Error></ErrorResponse>",
                error("NoSuchEntity", "a & b", 404),
            ),
            (500, "", error("", "", 500)),
        ];
        for (status, body, expected) in cases {
            assert_eq!(of(&reply(status, "text/plain", body)), expected, "{body}");
        }
    }
}
