//! A small Lambda Runtime API: one invocation at a time, with the function's response.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use incident_local::AccessKey;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};

use crate::account::TestResult;

/// The AWS that a function finds.
pub(crate) struct Surroundings {
    pub(crate) endpoint: String,
    pub(crate) access_key: AccessKey,
    pub(crate) region: &'static str,
    pub(crate) topic_arn: String,
    pub(crate) dead_letter_queue_url: String,
}

/// None: nothing listens on the discard port.
pub(crate) static UNREACHABLE: LazyLock<Surroundings> = LazyLock::new(|| Surroundings {
    endpoint: "http://127.0.0.1:9".to_owned(),
    access_key: AccessKey { access_key_id: "any".to_owned(), secret_access_key: "any".to_owned() },
    region: "eu-west-1",
    topic_arn: "arn:aws:sns:eu-west-1:000000000000:devops-alerts".to_owned(),
    dead_letter_queue_url: "http://127.0.0.1:9/000000000000/devops-handler-dlq".to_owned(),
});

/// Far longer than any response takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A function's response to an invocation.
#[derive(Debug)]
pub(crate) enum Said {
    /// It succeeded.
    Response(Value),
    /// It failed, with an error's type and message.
    Error(Value),
}

/// The API's side of a function.
struct Api {
    invocations: Mutex<mpsc::Receiver<String>>,
    asked: mpsc::Sender<()>,
    said: mpsc::Sender<Said>,
}

/// A running function.
pub(crate) struct Function {
    process: Child,
    invocations: mpsc::Sender<String>,
    asked: mpsc::Receiver<()>,
    said: mpsc::Receiver<Said>,
}

impl Function {
    /// Starts the binary under a `Handler` setting.
    pub(crate) async fn start(handler: &str, task_root: &Path, surroundings: &Surroundings) -> TestResult<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (invocations, pending) = mpsc::channel(1);
        let (asked_sender, asked) = mpsc::channel(64);
        let (said_sender, said) = mpsc::channel(64);
        let api = Arc::new(Api { invocations: Mutex::new(pending), asked: asked_sender, said: said_sender });
        tokio::spawn(serve(listener, api));
        let process = Command::new(env!("CARGO_BIN_EXE_incident-handler"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("_HANDLER", handler)
            .env("LAMBDA_TASK_ROOT", task_root)
            .env("AWS_LAMBDA_FUNCTION_NAME", "devops-incident-handler")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_REGION", surroundings.region)
            .env("AWS_ACCESS_KEY_ID", &surroundings.access_key.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &surroundings.access_key.secret_access_key)
            .env("AWS_ENDPOINT_URL", &surroundings.endpoint)
            .env("INCIDENT_TABLE", "devops-incidents")
            .env("INCIDENT_TOPIC_ARN", &surroundings.topic_arn)
            .env("INCIDENT_DEAD_LETTER_QUEUE_URL", &surroundings.dead_letter_queue_url)
            .env("INCIDENT_STACK", "devops")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { process, invocations, asked, said })
    }

    /// Waits until it polls for an invocation.
    pub(crate) async fn asks_for_work(&mut self) -> TestResult {
        tokio::time::timeout(PATIENCE, self.asked.recv()).await?.ok_or("the API is gone")?;
        Ok(())
    }

    /// Sends it an event and waits for the response.
    pub(crate) async fn invoke(&mut self, event: &str) -> TestResult<Said> {
        self.begin(event).await?;
        self.says().await
    }

    /// Waits for the response.
    pub(crate) async fn says(&mut self) -> TestResult<Said> {
        Ok(tokio::time::timeout(PATIENCE, self.said.recv()).await?.ok_or("the API is gone")?)
    }

    /// Sends it an event without waiting.
    pub(crate) async fn begin(&mut self, event: &str) -> TestResult {
        Ok(self.invocations.send(event.to_owned()).await?)
    }

    /// Ends its process at once, as a machine that fails does.
    pub(crate) async fn kill(mut self) -> TestResult {
        Ok(self.process.kill().await?)
    }

    /// Sends it an event and waits for its process to end.
    pub(crate) async fn dies_of(&mut self, event: &str) -> TestResult<ExitStatus> {
        self.invocations.send(event.to_owned()).await?;
        Ok(tokio::time::timeout(PATIENCE, self.process.wait()).await??)
    }
}

async fn serve(listener: TcpListener, api: Arc<Api>) {
    while let Ok((stream, _)) = listener.accept().await {
        let api = Arc::clone(&api);
        let service = service_fn(move |request| answer(Arc::clone(&api), request));
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(api: Arc<Api>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, http::Error> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    if head.method == Method::GET && path.ends_with("/invocation/next") {
        return next(&api).await;
    }
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let said = if path.ends_with("/response") { Said::Response(body) } else { Said::Error(body) };
    let _ = api.said.send(said).await;
    Response::builder().status(202).body(Full::default())
}

async fn next(api: &Api) -> Result<Response<Full<Bytes>>, http::Error> {
    let _ = api.asked.send(()).await;
    let Some(event) = api.invocations.lock().await.recv().await else {
        return Response::builder().status(500).body(Full::default());
    };
    let deadline = std::time::SystemTime::now() + PATIENCE;
    let deadline = deadline.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis();
    Response::builder()
        .header("lambda-runtime-aws-request-id", "3f6cbe3a-0d0e-4c39-9a52-3c0a1f5f6d11")
        .header("lambda-runtime-deadline-ms", deadline.to_string())
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-1:000000000000:function:devops-incident-handler",
        )
        .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700")
        .body(Full::from(event))
}
