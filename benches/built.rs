//! Builds the measured programs as they are installed and deployed.

use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository root.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The command line, `incidentctl`.
///
/// # Errors
/// When the build fails.
pub fn command_line() -> Result<PathBuf, Box<dyn Error>> {
    built("incidentctl", "release", &[])
}

/// The handler, `incident-handler`.
///
/// # Errors
/// When the build fails.
pub fn handler() -> Result<PathBuf, Box<dyn Error>> {
    built("incident-handler", "handler", &["--no-default-features"])
}

/// Size in bytes of the zip that is deployed: the handler and its rules.
///
/// # Errors
/// When the build fails.
pub fn handler_zip() -> Result<u64, Box<dyn Error>> {
    let (binary, rules) = (handler()?, Path::new(ROOT).join("templates/severity-rules.yaml"));
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, file) in [("bootstrap", &binary), ("severity-rules.yaml", &rules)] {
        archive.start_file(name, options)?;
        std::io::copy(&mut std::fs::File::open(file)?, &mut archive)?;
    }
    Ok(archive.finish()?.into_inner().len() as u64)
}

/// The binary of the package with the same name.
fn built(package: &str, profile: &str, options: &[&str]) -> Result<PathBuf, Box<dyn Error>> {
    // This program is in `release/deps` of the target directory.
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(3).ok_or("this program is not in a target directory")?;
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--quiet", "--package", package, "--bins", "--profile", profile]).args(options);
    build.arg("--target-dir").arg(target).current_dir(ROOT);
    // They concern this program, and changing them would rebuild `ring`.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_package_variable(name)) {
        build.env_remove(name);
    }
    match build.status()?.success() {
        true => Ok(target.join(profile).join(Path::new(package))),
        false => Err(format!("{package} does not build").into()),
    }
}

fn is_package_variable(variable: &OsStr) -> bool {
    variable.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
}
