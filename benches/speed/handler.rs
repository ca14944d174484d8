//! The handler as Lambda gets it: how big, and how soon it asks for work.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::measurement::Measurement;

/// Measures start and size.
pub(crate) fn measure(report: &mut impl FnMut(Measurement)) -> Result<(), Box<dyn Error>> {
    let binary = build()?;
    let starts = (0..30).map(|_| start(&binary)).collect::<Result<Vec<_>, _>>()?;
    report(Measurement::milliseconds("handler, spawn to first request for work", Duration::from_millis(10), &starts));
    report(Measurement::megabytes("handler zip", 5.0, &[zip_size(&binary)?]));
    Ok(())
}

/// Builds the handler as it is deployed, and returns the binary.
fn build() -> Result<PathBuf, Box<dyn Error>> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "incident-handler", "--profile", "handler"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !status.success() {
        return Err("the handler does not build".into());
    }
    // This program is in `release/deps` of the target directory.
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(3).ok_or("this program is not in a target directory")?;
    Ok(target.join("handler").join("incident-handler"))
}

/// Plays Lambda's Runtime API until the handler's first request.
fn start(binary: &Path) -> Result<Duration, Box<dyn Error>> {
    let runtime_api = TcpListener::bind(("127.0.0.1", 0))?;
    let begin = Instant::now();
    let mut handler = Command::new(binary)
        .env_clear()
        .envs([
            ("_HANDLER", "incident-handler"),
            ("AWS_LAMBDA_FUNCTION_NAME", "devops-incident-handler"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/devops-incident-handler"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("INCIDENT_TABLE", "devops-incidents"),
            ("INCIDENT_TOPIC_ARN", "arn:aws:sns:eu-central-1:000000000000:devops-alerts"),
            ("INCIDENT_STACK", "devops"),
            ("LAMBDA_TASK_ROOT", concat!(env!("CARGO_MANIFEST_DIR"), "/templates")),
        ])
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api.local_addr()?.to_string())
        .stdout(Stdio::null())
        .spawn()?;
    let (connection, _) = runtime_api.accept()?;
    let mut request = String::new();
    BufReader::new(connection).read_line(&mut request)?;
    let taken = begin.elapsed();
    handler.kill()?;
    handler.wait()?;
    if request.starts_with("GET /2018-06-01/runtime/invocation/next") {
        Ok(taken)
    } else {
        Err(format!("the handler's first request is {request:?}").into())
    }
}

/// Size of a zip of the binary and the rules, compressed as for Lambda.
fn zip_size(binary: &Path) -> Result<u64, Box<dyn Error>> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/severity-rules.yaml");
    for (name, file) in [("bootstrap", binary), ("severity-rules.yaml", Path::new(rules))] {
        archive.start_file(name, options)?;
        std::io::copy(&mut std::fs::File::open(file)?, &mut archive)?;
    }
    Ok(archive.finish()?.into_inner().len() as u64)
}
