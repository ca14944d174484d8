//! A process's environment: Lambda's variables and the function's own. It inherits nothing.

use std::path::Path;

use super::journal::Journal;
use crate::Cloud;
use crate::services::iam::SessionCredentials;
use crate::services::lambda::function::{Function, Revision};

pub(super) fn variables(
    cloud: &Cloud,
    function: &Function,
    revision: &Revision,
    journal: &Journal,
    session: SessionCredentials,
    runtime_api: &str,
    task_root: &Path,
) -> Vec<(String, String)> {
    let settings = &revision.settings;
    let task_root = task_root.display().to_string();
    let lambdas = [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("_HANDLER", &settings.handler),
        ("LAMBDA_TASK_ROOT", &task_root),
        ("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", &revision.version),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &settings.memory.to_string()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &journal.group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", &journal.stream),
        ("AWS_LAMBDA_LOG_FORMAT", &settings.logging.format),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_REGION", &function.region),
        ("AWS_DEFAULT_REGION", &function.region),
        ("AWS_ACCESS_KEY_ID", &session.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &session.secret_access_key),
        ("AWS_SESSION_TOKEN", &session.session_token),
        ("AWS_ENDPOINT_URL", &cloud.endpoint),
        ("AWS_EXECUTION_ENV", &format!("AWS_Lambda_{}", settings.runtime)),
        ("TZ", ":UTC"),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
    ];
    let own = settings.environment.iter().flatten().map(|(name, value)| (name.clone(), value.clone()));
    lambdas.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).chain(own).collect()
}
