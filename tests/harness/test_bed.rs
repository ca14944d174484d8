//! An in-process local AWS with the deployer, so that hundreds of deployments take minutes. It omits the command line's
//! confirmation, display and self-check; the deployed code is a program that exits at once.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use incident_deploy::aws::Clients;
use incident_deploy::engine::cloudformation::Bucket;
use incident_deploy::engine::{Interrupt, Outcome, apply};
use incident_deploy::package::Package;
use incident_deploy::plan::{Observations, Plan};
use incident_deploy::progress::Progress;
use incident_deploy::resources::{self, Context, Scope, observe};
use incident_deploy::template::{Place, Stack};
use incident_local::config::{ACCOUNT, LatencyProfile};
use incident_local::gateway::{Gateway, Handle};
use incident_local::{AccessKey, LocalConfig};
use tempfile::TempDir;

use super::{Aws, Desired, Snapshot, TestResult, snapshot};

const REGION: &str = "us-east-1";
pub(crate) const STACK: &str = "devops";
/// An existing policy to use as permissions boundary.
pub(crate) const BOUNDARY: &str = "arn:aws:iam::000000000000:policy/boundary";
/// The deployer's maximum attempts per call.
pub(crate) const ATTEMPTS: u32 = 3;
/// The deployer's response timeout: far above what a response takes, even on a busy machine.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// The timeout when a test drops responses on purpose.
const SHORT_RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A local AWS and a deployer.
pub(crate) struct TestBed {
    pub(crate) handle: Handle,
    pub(crate) aws: Aws,
    access_key: AccessKey,
    pub(crate) directory: TempDir,
    clients: Clients,
    hurried: Clients,
    has_short_timeout: AtomicBool,
}

impl TestBed {
    /// An account with nothing but one policy.
    pub(crate) async fn new() -> TestResult<Self> {
        Self::with_latency(LatencyProfile::QUICK).await
    }

    /// The same with AWS's latencies.
    pub(crate) async fn with_latency(latency: LatencyProfile) -> TestResult<Self> {
        let directory = tempfile::tempdir()?;
        let config = LocalConfig {
            directory: directory.path().to_owned(),
            region: REGION.to_owned(),
            latency,
            // SQS reserves a deleted queue's name for a minute.
            time_scale: 20.0,
            ..LocalConfig::default()
        };
        let gateway = Gateway::bind(config).await?;
        let handle = gateway.handle();
        let (endpoint, access_key) = (gateway.cloud().endpoint.clone(), gateway.cloud().access_key.clone());
        tokio::spawn(gateway.run(std::future::pending()));
        let sdk = configuration(&endpoint, &access_key, RESPONSE_TIMEOUT).await;
        let hurried = configuration(&endpoint, &access_key, SHORT_RESPONSE_TIMEOUT).await;
        let secret = access_key.secret_access_key.clone();
        let aws = Aws::with(&sdk, ACCOUNT.to_owned(), directory.path().join("outbox"), secret);
        let everything = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        aws.iam.create_policy().policy_name("boundary").policy_document(everything).send().await?;
        let (clients, hurried) = (Clients::new(&sdk), Clients::new(&hurried));
        Ok(Self { handle, aws, access_key, directory, clients, hurried, has_short_timeout: AtomicBool::new(false) })
    }

    /// Whether later runs use the short timeout.
    pub(crate) fn use_short_timeout(&self, has_short_timeout: bool) {
        self.has_short_timeout.store(has_short_timeout, Ordering::Relaxed);
    }

    /// Deploys once.
    pub(crate) async fn up(&self, desired: &Desired) -> TestResult<Outcome> {
        let run = Run::new(self, desired)?;
        complete(run.carry_out(&run.plan().await?).await)
    }

    /// Deploys, with an interference between the plan and the first change.
    pub(crate) async fn up_after(
        &self,
        desired: &Desired,
        something: impl Future<Output = TestResult>,
    ) -> TestResult<Outcome> {
        let run = Run::new(self, desired)?;
        let plan = run.plan().await?;
        something.await?;
        complete(run.carry_out(&plan).await)
    }

    /// Uploads the code to the bucket for CloudFormation; returns the bucket's name.
    pub(crate) async fn upload_code(&self, desired: &Desired) -> TestResult<String> {
        let run = Run::new(self, desired)?;
        let bucket = Bucket::of(run.clients, &run.stack.place);
        bucket.hold(&run.package.key(), &run.package).await?;
        Ok(bucket.name().to_owned())
    }

    /// Deploys; on failure, rolls back what it created and returns that error.
    pub(crate) async fn up_or_roll_back(&self, desired: &Desired) -> TestResult<Outcome> {
        let run = Run::new(self, desired)?;
        let plan = run.plan().await?;
        let outcome = run.carry_out(&plan).await;
        if !outcome.failures.is_empty() {
            let undo = outcome.undo(&plan, &run.observe(Scope::StackOnly).await?);
            let undone = complete(run.carry_out(&undo).await);
            undone.map_err(|error| format!("not rolled back: {error}"))?;
        }
        complete(outcome)
    }

    /// The plan of an `up`.
    pub(crate) async fn plan(&self, desired: &Desired) -> TestResult<Plan> {
        Run::new(self, desired)?.plan().await
    }

    /// Tears down once.
    pub(crate) async fn down(&self) -> TestResult<Outcome> {
        let run = Run::new(self, &Desired { emails: Vec::new(), ..Desired::default() })?;
        let plan = Plan::down(&run.stack, &run.observe(Scope::Everything).await?).agreed();
        complete(run.carry_out(&plan).await)
    }

    /// The program, prepared to do the same.
    pub(crate) fn program(&self, command: &str, desired: &Desired) -> TestResult<tokio::process::Command> {
        let directory = self.directory.path();
        let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_incidentctl"));
        program.args([command, "--yes", "--stack", STACK, "--region", REGION, "--endpoint-url", &self.aws.endpoint]);
        program.arg("--config").arg(desired.configuration(directory)?);
        if command == "up" {
            program.arg("--handler").arg(desired.handler(directory)?);
        }
        program
            .env_clear()
            .env("HOME", directory)
            .env("AWS_ACCESS_KEY_ID", &self.access_key.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &self.access_key.secret_access_key);
        program.stdin(Stdio::null()).kill_on_drop(true);
        Ok(program)
    }

    /// Opens the link in each confirmation mail.
    pub(crate) async fn confirm_addresses(&self) -> TestResult {
        for link in self.aws.mails()?.into_iter().filter_map(|mail| mail.link) {
            let Some((_, token)) = link.split_once("Token=") else { continue };
            let token = token.split('&').next().unwrap_or_default();
            let topic = self.aws.arn("sns", &format!("{STACK}-alerts"));
            // The mail's subscription may be gone by now.
            let _ = self.aws.sns.confirm_subscription().topic_arn(topic).token(token).send().await;
        }
        Ok(())
    }

    /// Everything in the account.
    pub(crate) async fn snapshot(&self) -> TestResult<Snapshot> {
        snapshot(&self.aws).await
    }
}

impl Drop for TestBed {
    fn drop(&mut self) {
        self.handle.stop();
    }
}

/// One run of the deployer.
struct Run<'a> {
    clients: &'a Clients,
    stack: Stack,
    package: Package,
}

impl<'a> Run<'a> {
    fn new(test_bed: &'a TestBed, desired: &Desired) -> TestResult<Self> {
        let directory = test_bed.directory.path();
        let package = Package::of(&desired.handler(directory)?)?;
        let place = Place::new(STACK, ACCOUNT, REGION, Some(test_bed.aws.endpoint.clone()));
        let clients =
            if test_bed.has_short_timeout.load(Ordering::Relaxed) { &test_bed.hurried } else { &test_bed.clients };
        Ok(Self { clients, stack: desired.stack(directory, place, &package)?, package })
    }

    fn context(&self) -> Context<'_> {
        let progress = Progress::silent();
        Context { clients: self.clients, place: &self.stack.place, package: Some(&self.package), progress }
    }

    async fn observe(&self, scope: Scope) -> TestResult<Observations> {
        Ok(observe(&self.context(), &self.stack, scope).await?)
    }

    async fn plan(&self) -> TestResult<Plan> {
        Ok(Plan::up(&self.stack, &self.observe(Scope::WithOrphans).await?, &resources::RULES)?)
    }

    async fn carry_out(&self, plan: &Plan) -> Outcome {
        let (events, _) = tokio::sync::mpsc::unbounded_channel();
        apply(&self.context(), plan, &events, Interrupt::never()).await
    }
}

/// The outcome if nothing failed; the error lists every failure.
fn complete(outcome: Outcome) -> TestResult<Outcome> {
    if outcome.failures.is_empty() {
        return Ok(outcome);
    }
    let failures = outcome.failures.iter().map(|(change, error)| format!("{}: {error}", change.logical_id));
    Err(failures.collect::<Vec<_>>().join("; ").into())
}

/// The SDK configuration of the command line, with these timeouts.
async fn configuration(endpoint: &str, access_key: &AccessKey, answer: Duration) -> SdkConfig {
    let AccessKey { access_key_id, secret_access_key } = access_key;
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(Duration::from_millis(10))
        .with_max_backoff(Duration::from_millis(50));
    let limits = TimeoutConfig::builder().operation_attempt_timeout(answer).operation_timeout(answer * (ATTEMPTS + 1));
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new(access_key_id, secret_access_key, None, None, "tests"))
        .retry_config(retries)
        .timeout_config(limits.build())
        .load()
        .await
}
