//! The two compared functions, and their event.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use incident_bench::ROOT;
use serde_json::json;

/// A function.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// Program and arguments.
    program: Vec<PathBuf>,
    task_root: PathBuf,
}

impl Function {
    /// The handler, built as deployed.
    ///
    /// # Errors
    /// When the build fails.
    pub(crate) fn ours() -> Result<Self, Box<dyn Error>> {
        let task_root = Path::new(ROOT).join("templates");
        Ok(Self { name: "incidentctl", program: vec![incident_bench::handler()?], task_root })
    }

    /// The Python one, if the interpreter has its packages.
    pub(crate) fn python(interpreter: &Path) -> Option<Self> {
        let mut probe = Command::new(interpreter);
        let probe = probe.args(["-c", "import awslambdaric, boto3"]).stderr(Stdio::null()).status();
        if !probe.is_ok_and(|status| status.success()) {
            return None;
        }
        let program = [interpreter.as_os_str(), "-m".as_ref(), "awslambdaric".as_ref(), "handler.handler".as_ref()];
        let task_root = Path::new(ROOT).join("benches/handler/peer");
        Some(Self { name: "Python", program: program.map(PathBuf::from).into(), task_root })
    }

    /// Its command, with the variables that Lambda and the stack set.
    pub(crate) fn command(&self) -> Command {
        let (program, arguments) = self.program.split_at(1);
        let mut command = Command::new(program.first().map_or(Path::new(""), PathBuf::as_path));
        command.args(arguments).current_dir(&self.task_root).env_clear().env("LAMBDA_TASK_ROOT", &self.task_root).envs(
            [
                ("_HANDLER", "incident-handler"),
                ("AWS_LAMBDA_FUNCTION_NAME", "devops-incident-handler"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/devops-incident-handler"),
                ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
                ("AWS_REGION", "eu-west-1"),
                ("AWS_DEFAULT_REGION", "eu-west-1"),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_SESSION_TOKEN", "test"),
                ("INCIDENT_TABLE", "devops-incidents"),
                ("INCIDENT_TOPIC_ARN", "arn:aws:sns:eu-west-1:000000000000:devops-alerts"),
                ("INCIDENT_STACK", "devops"),
            ],
        );
        command
    }
}

/// When every failure happened, in seconds since 1970.
pub(crate) const FAILED_AT: i64 = 1_795_348_800;

/// What a failure says.
pub(crate) fn message(number: usize) -> String {
    format!("order {number} has no customer")
}

/// A function failure: of a function that has not failed before, or with `again` of the one that always fails.
pub(crate) fn failure(number: usize, again: bool) -> String {
    let name = if again { "orders".to_owned() } else { format!("orders-{number}") };
    // Failures of several functions with the same error are mailed together.
    let error = if again { "KeyError".to_owned() } else { format!("Key{number}Error") };
    let function = format!("arn:aws:lambda:eu-west-1:000000000000:function:{name}");
    json!({
        "version": "0",
        "id": format!("b1f5c9de-0000-4000-8000-{number:012}"),
        "detail-type": "Lambda Function Invocation Result - Failure",
        "source": "lambda",
        "account": "000000000000",
        "time": "2026-11-22T12:00:00Z",
        "region": "eu-west-1",
        "resources": [function],
        "detail": {
            "version": "1.0",
            "timestamp": "2026-11-22T12:00:00.000Z",
            "requestContext": {
                "requestId": format!("3f6cbe3a-0d0e-4c39-9a52-{number:012}"),
                "functionArn": format!("{function}:$LATEST"),
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": { "order": number },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "responsePayload": {
                "errorMessage": message(number),
                "errorType": error,
                "stackTrace": [
                    "  File \"/var/task/orders.py\", line 42, in handler\n    customer = order[\"customer\"]\n",
                    "  File \"/var/task/orders.py\", line 17, in __getitem__\n    raise KeyError(key)\n",
                ],
            },
        },
    })
    .to_string()
}
