//! The local AWS through the SDK, as any other program would see it.

use std::path::PathBuf;

use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_sqs::types::QueueAttributeName;
use incident_local::outbox::StoredMail;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{TestResult, eventually};

/// Clients of a running local AWS.
pub(crate) struct Aws {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) endpoint: String,
    /// The secret that `/_local/…` requires.
    pub(crate) secret: String,
    outbox: PathBuf,
    pub(crate) sdk: SdkConfig,
    pub(crate) cloudformation: aws_sdk_cloudformation::Client,
    pub(crate) cloudwatch: aws_sdk_cloudwatch::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) events: aws_sdk_eventbridge::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) sts: aws_sdk_sts::Client,
}

impl Aws {
    /// From the JSON output of `local status`.
    pub(super) async fn connect(status: &Value) -> TestResult<Self> {
        let text =
            |key: &str| status[key].as_str().map(str::to_owned).ok_or(format!("local status lacks {key}: {status}"));
        let variable = |name: &str| {
            let value = status["environment"][name].as_str().map(str::to_owned);
            value.ok_or(format!("the environment of local status lacks {name}"))
        };
        let secret = variable("AWS_SECRET_ACCESS_KEY")?;
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new(text("region")?))
            .endpoint_url(text("endpoint")?)
            .credentials_provider(Credentials::new(variable("AWS_ACCESS_KEY_ID")?, &secret, None, None, "tests"))
            .load()
            .await;
        Ok(Self::with(&sdk, text("account")?, text("outbox")?.into(), secret))
    }

    /// From an SDK configuration.
    pub(super) fn with(sdk: &SdkConfig, account: String, outbox: PathBuf, secret: String) -> Self {
        // Tells the tests' own calls from those of the programs under test.
        let mut sdk = sdk.to_builder();
        sdk.set_app_name(AppName::new("tests").ok());
        let sdk = &sdk.build();
        Self {
            account,
            region: sdk.region().map(ToString::to_string).unwrap_or_default(),
            endpoint: sdk.endpoint_url().unwrap_or_default().to_owned(),
            secret,
            outbox,
            sdk: sdk.clone(),
            cloudformation: aws_sdk_cloudformation::Client::new(sdk),
            cloudwatch: aws_sdk_cloudwatch::Client::new(sdk),
            logs: aws_sdk_cloudwatchlogs::Client::new(sdk),
            dynamodb: aws_sdk_dynamodb::Client::new(sdk),
            events: aws_sdk_eventbridge::Client::new(sdk),
            iam: aws_sdk_iam::Client::new(sdk),
            lambda: aws_sdk_lambda::Client::new(sdk),
            s3: aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(sdk).force_path_style(true).build()),
            sns: aws_sdk_sns::Client::new(sdk),
            sqs: aws_sdk_sqs::Client::new(sdk),
            sts: aws_sdk_sts::Client::new(sdk),
        }
    }

    /// A resource's ARN in the account.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    /// Creates a role the account can assume and returns a session's environment variables. Add policies to it to grant
    /// permissions.
    pub(crate) async fn person(&self, role: &str) -> TestResult<[(&'static str, String); 3]> {
        let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": format!("arn:aws:iam::{}:root", self.account)}}});
        self.iam.create_role().role_name(role).assume_role_policy_document(trust.to_string()).send().await?;
        let arn = format!("arn:aws:iam::{}:role/{role}", self.account);
        // IAM is eventually consistent.
        let session = eventually("the role to be assumable", async || {
            Ok(self.sts.assume_role().role_arn(&arn).role_session_name("test").send().await.ok())
        })
        .await?;
        let session = session.credentials.ok_or("no credentials")?;
        Ok([
            ("AWS_ACCESS_KEY_ID", session.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", session.secret_access_key),
            ("AWS_SESSION_TOKEN", session.session_token),
        ])
    }

    pub(crate) async fn queue_attribute(&self, queue: &str, name: QueueAttributeName) -> TestResult<String> {
        let url = self.sqs.get_queue_url().queue_name(queue).send().await?;
        let url = url.queue_url().ok_or("the queue has no URL")?;
        let answer = self.sqs.get_queue_attributes().queue_url(url).attribute_names(name.clone()).send().await?;
        let value = answer.attributes().and_then(|all| all.get(&name));
        Ok(value.ok_or_else(|| format!("{queue} has no {name}"))?.clone())
    }

    /// Breaks calls by these rules from now on.
    pub(crate) async fn break_calls(&self, rules: &Value) -> TestResult {
        let (host, rules) = (self.endpoint.trim_start_matches("http://"), rules.to_string());
        let request = format!(
            "PUT /_local/faults HTTP/1.1\r\nhost: {host}\r\nx-local-secret: {}\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{rules}",
            self.secret,
            rules.len()
        );
        let mut connection = TcpStream::connect(host).await?;
        connection.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer.into()) }
    }

    /// Number of messages in a queue.
    pub(crate) async fn depth(&self, queue: &str) -> TestResult<u32> {
        Ok(self.queue_attribute(queue, QueueAttributeName::ApproximateNumberOfMessages).await?.parse()?)
    }

    /// The delivered mails, oldest first.
    pub(crate) fn mails(&self) -> TestResult<Vec<StoredMail>> {
        Ok(incident_local::outbox::read(&self.outbox)?)
    }

    /// The delivered alerts, oldest first.
    pub(crate) fn alerts(&self) -> TestResult<Vec<StoredMail>> {
        let notification = |mail: &StoredMail| mail.kind.as_deref() == Some("notification");
        Ok(self.mails()?.into_iter().filter(notification).collect())
    }

    /// Waits for this many alerts: SNS accepts a message before delivering it.
    pub(crate) async fn until_alerts(&self, count: usize) -> TestResult<Vec<StoredMail>> {
        let ask = async || Ok(Some(self.alerts()?).filter(|alerts| alerts.len() >= count));
        eventually(&format!("{count} alerts"), ask).await
    }
}
