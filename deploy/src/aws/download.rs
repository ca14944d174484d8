//! Downloads through links that AWS signed: no call of a service, so no client has an operation for it.

use aws_config::SdkConfig;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::timeout::TimeoutConfig;
use bytes::Bytes;

use super::AwsError;
use super::error::chain;

/// Fetches signed links, through the same network as the service clients.
#[derive(Debug, Clone)]
pub(super) struct Downloads {
    http: Option<SharedHttpClient>,
    limits: TimeoutConfig,
}

/// A refused download.
#[derive(Debug, thiserror::Error)]
#[error("the answer has status {0}")]
struct Refused(u16);

impl Downloads {
    /// Those of a configuration, with its limits.
    pub(super) fn of(sdk: &SdkConfig) -> Self {
        let limits = sdk.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled);
        Self { http: sdk.http_client(), limits }
    }

    /// The content behind a link; `call` gave it. One attempt.
    pub(super) async fn fetch(&self, link: &str, call: &str) -> Result<Bytes, AwsError> {
        // The link is a signature: it stays out of errors.
        let failed = |message: String| AwsError::new(call, "DownloadFailed", message);
        let (Some(http), Some((origin, path))) = (&self.http, origin_and_path(link)) else {
            return Err(failed("AWS gave no link that can be downloaded".to_owned()));
        };
        let operation = Operation::builder()
            .service_name("signed-link")
            .operation_name("Get")
            .http_client(http.clone())
            .endpoint_url(origin)
            .timeout_config(self.limits.clone())
            .no_auth()
            .no_retry()
            .serializer(|path: String| {
                let mut request = HttpRequest::empty();
                request.set_uri(path)?;
                Ok(request)
            })
            .deserializer(content)
            .build();
        operation.invoke(path.to_owned()).await.map_err(|error| failed(chain(&error)))
    }
}

/// `https://bucket.example/key?signature` in two parts: up to the path, and from it on.
fn origin_and_path(link: &str) -> Option<(&str, &str)> {
    let host = link.find("://")? + 3;
    let path = host + link.get(host..)?.find('/')?;
    Some(link.split_at(path))
}

fn content(response: &HttpResponse) -> Result<Bytes, OrchestratorError<Refused>> {
    match (response.status().as_u16(), response.body().bytes()) {
        (200, Some(bytes)) => Ok(Bytes::copy_from_slice(bytes)),
        (status, _) => Err(OrchestratorError::operation(Refused(status))),
    }
}

#[cfg(test)]
mod tests {
    use super::origin_and_path;

    #[test]
    fn a_link_has_an_origin_and_a_path() {
        for (link, expected) in [
            ("https://awslambda.s3.amazonaws.com/snapshots/a?X-Amz-Signature=1/2", true),
            ("http://127.0.0.1:4566/_local/packages/ab.zip", true),
            ("no link", false),
            ("https://host-alone", false),
        ] {
            let parts = origin_and_path(link);
            assert_eq!(parts.is_some(), expected, "{link}");
            if let Some((origin, path)) = parts {
                assert_eq!(format!("{origin}{path}"), link);
                assert!(path.starts_with('/') && origin.rsplit("://").next().is_some_and(|host| !host.contains('/')));
            }
        }
    }
}
