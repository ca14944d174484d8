//! The pages behind the links in mails. They work in a browser and with a plain, unsigned GET.

use percent_encoding::percent_decode_str;

use super::subscriptions;
use crate::{ApiError, Cloud};

/// Confirms the subscription in the query `TopicArn=…&Token=…`; returns HTTP status and HTML.
pub fn confirm_page(cloud: &Cloud, query: &str) -> (u16, String) {
    let confirmed =
        subscriptions::confirm_token(&cloud.sns, &parameter(query, "TopicArn"), &parameter(query, "Token"), false);
    match confirmed {
        Ok(arn) => {
            (200, page("Subscription confirmed", &format!("Messages of the topic will be sent. Its id is {arn}")))
        }
        Err(error) => refused("The subscription was not confirmed", &error),
    }
}

/// Deletes the subscription in the query `SubscriptionArn=…&Token=…`; returns HTTP status and HTML.
pub fn unsubscribe_page(cloud: &Cloud, query: &str) -> (u16, String) {
    let ended = subscriptions::unsubscribe_by_link(
        &cloud.sns,
        &parameter(query, "SubscriptionArn"),
        &parameter(query, "Token"),
    );
    match ended {
        Ok(()) => (200, page("Subscription removed", "No more messages of the topic will be sent.")),
        Err(error) => refused("The subscription was not removed", &error),
    }
}

/// A decoded query parameter; empty when absent.
fn parameter(query: &str, name: &str) -> String {
    let pair = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
    let value = pair.map(|(_, value)| value.replace('+', " ")).unwrap_or_default();
    percent_decode_str(&value).decode_utf8_lossy().into_owned()
}

fn refused(title: &str, error: &ApiError) -> (u16, String) {
    (error.status, page(title, &error.to_string()))
}

fn page(title: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
}
