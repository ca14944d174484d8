//! Finds the handler, or builds it in a source checkout.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use tokio::process::Command;

/// Name of the binary.
const HANDLER: &str = "incident-handler";
/// This crate's folder in the checkout that the program was built from, which may not exist at run time.
const CRATE: &str = env!("CARGO_MANIFEST_DIR");
/// The handler's sources, relative to the checkout.
const SOURCES: [&str; 4] = ["handler", "model", "templates/severity-rules.yaml", "Cargo.lock"];

/// Why there is no handler.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nothing to deploy, and nothing to build it from.
    #[error("no `incident-handler` beside {}, and no source checkout to build it from", .0.display())]
    NotFound(PathBuf),
    /// Cargo does not start.
    #[error("cannot start cargo to build the handler")]
    NoCargo(#[source] io::Error),
    /// Cargo failed, with its messages on standard error.
    #[error("building the handler failed ({0})")]
    Failed(std::process::ExitStatus),
    /// The location of this program is unknown.
    #[error("cannot determine where this program is")]
    NoProgram(#[source] io::Error),
}

impl BuildError {
    /// The remedy.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoCargo(_) => "install Rust from https://rustup.rs, or pass a built handler with --handler",
            Self::NotFound(_) | Self::Failed(_) | Self::NoProgram(_) => "pass a built handler with --handler",
        }
    }
}

/// A handler to deploy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The binary.
    pub(super) handler: PathBuf,
    /// Where its zip may be cached: in a target directory, never beside an installed program.
    pub(super) archive: Option<PathBuf>,
}

/// The handler's destination, which decides how a checkout builds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// AWS, where size and start-up time cost: fat LTO and minimal features, in minutes.
    Aws,
    /// The local AWS or another emulator: unoptimised, in seconds, reusing this program's dependencies.
    Emulator,
}

impl Destination {
    /// AWS without a custom endpoint. AWS's own endpoints use TLS, so a plain-text one belongs to an emulator.
    pub fn of(endpoint: Option<&str>) -> Self {
        match endpoint.is_some_and(|endpoint| endpoint.starts_with("http:")) {
            true => Self::Emulator,
            false => Self::Aws,
        }
    }

    /// Options for cargo.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Aws => &["--profile", "handler", "--no-default-features"],
            Self::Emulator => &["--profile", "dev"],
        }
    }
}

/// The handler to deploy: from the checkout whose target directory holds this program, else beside this program, else
/// from the checkout that this program was installed from. A checkout builds it when missing or stale.
///
/// # Errors
/// No handler and no checkout; a failed build.
pub(super) async fn find(destination: Destination) -> Result<Found, BuildError> {
    match Origin::find()? {
        Origin::Beside(handler) => Ok(Found { handler, archive: None }),
        Origin::Checkout(checkout) => {
            let handler = checkout.handler(destination).await?;
            Ok(Found { archive: Some(handler.with_extension("zip")), handler })
        }
    }
}

/// The location of the handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It is built and up to date.
    Ready(PathBuf),
    /// Built on demand, in this checkout.
    ToBuild(PathBuf),
}

/// Where [`find`] would find the handler, without building it.
///
/// # Errors
/// No handler and no checkout.
pub fn look(destination: Destination) -> Result<Place, BuildError> {
    match Origin::find()? {
        Origin::Beside(handler) => Ok(Place::Ready(handler)),
        Origin::Checkout(checkout) => {
            let handler = checkout.path(destination);
            Ok(if checkout.is_fresh(&handler) { Place::Ready(handler) } else { Place::ToBuild(checkout.root) })
        }
    }
}

/// The checkout that the program was built from: this crate is one of its folders.
pub(super) fn checkout_root() -> &'static Path {
    Path::new(CRATE).parent().unwrap_or(Path::new(CRATE))
}

/// The handler's origin.
enum Origin {
    /// It is there.
    Beside(PathBuf),
    Checkout(Checkout),
}

impl Origin {
    fn find() -> Result<Self, BuildError> {
        let program = std::env::current_exe().map_err(BuildError::NoProgram)?;
        let beside = program.with_file_name(HANDLER);
        match Checkout::of(&program, checkout_root()) {
            Some(checkout) => Ok(Self::Checkout(checkout)),
            None if beside.is_file() => Ok(Self::Beside(beside)),
            None => {
                let installed = Checkout::installed_from(checkout_root());
                installed.map(Self::Checkout).ok_or(BuildError::NotFound(program))
            }
        }
    }
}

/// A source checkout whose target directory holds this program.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checkout {
    root: PathBuf,
    target: PathBuf,
    /// Whether this program is a release build.
    release: bool,
}

impl Checkout {
    /// The checkout of a program at `TARGET/PROFILE/incidentctl`, or of a test at `TARGET/PROFILE/deps/…`.
    pub(super) fn of(program: &Path, root: &Path) -> Option<Self> {
        let mut folder = program.parent()?;
        if folder.ends_with("deps") {
            folder = folder.parent()?;
        }
        let target = folder.parent()?;
        // Cargo marks every target directory; an installed program is outside of one.
        let is_target = target.join(".rustc_info.json").is_file() || target.join("CACHEDIR.TAG").is_file();
        let is_checkout = root.join("handler/Cargo.toml").is_file();
        (is_target && is_checkout).then(|| Self {
            root: root.to_owned(),
            target: target.to_owned(),
            release: !folder.ends_with("debug"),
        })
    }

    /// The checkout that `cargo install --path` was run in, if it is still there.
    pub(super) fn installed_from(root: &Path) -> Option<Self> {
        let is_checkout = root.join("handler/Cargo.toml").is_file();
        is_checkout.then(|| Self { root: root.to_owned(), target: root.join("target"), release: true })
    }

    async fn handler(&self, destination: Destination) -> Result<PathBuf, BuildError> {
        let handler = self.path(destination);
        if !self.is_fresh(&handler) {
            self.build(destination).await?;
            touch(&handler);
        }
        Ok(handler)
    }

    /// The path of the built handler. A release build prefers AWS's handler for emulators, too, if it exists: it starts
    /// faster, and is the one that AWS runs.
    pub(super) fn path(&self, destination: Destination) -> PathBuf {
        let [optimised, quick] = ["handler", "debug"].map(|folder| self.target.join(folder).join(HANDLER));
        match destination {
            Destination::Aws => optimised,
            Destination::Emulator if self.release && self.is_fresh(&optimised) => optimised,
            Destination::Emulator => quick,
        }
    }

    /// Whether no source of the handler is newer: a few dozen `stat` calls, while starting cargo would take longer than
    /// the rest of a deployment.
    pub(super) fn is_fresh(&self, handler: &Path) -> bool {
        let Some(built) = modified(handler) else { return false };
        SOURCES.iter().filter_map(|source| newest(&self.root.join(source))).all(|changed| changed <= built)
    }

    async fn build(&self, destination: Destination) -> Result<(), BuildError> {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["build", "--package", HANDLER, "--bins"]).args(destination.options());
        // `cargo run` sets these for this program; a difference would recompile `ring` and its dependents.
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_about_a_package(name)) {
            command.env_remove(name);
        }
        let status = command
            .arg("--target-dir")
            .arg(&self.target)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            // Standard output is for data; cargo reports its progress on standard error.
            .stdout(Stdio::null())
            .status()
            .await
            .map_err(BuildError::NoCargo)?;
        match status.success() {
            true => Ok(()),
            false => Err(BuildError::Failed(status)),
        }
    }
}

fn is_about_a_package(variable: &OsStr) -> bool {
    variable.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
}

/// Cargo does not rewrite a binary whose sources were only touched, so its timestamp is updated here.
fn touch(handler: &Path) {
    // On failure the next run starts cargo again, which is slower but correct.
    let _ = std::fs::File::options().append(true).open(handler).and_then(|file| file.set_modified(SystemTime::now()));
}

/// Modification time of a file, or of the newest file in a folder.
fn newest(path: &Path) -> Option<SystemTime> {
    if !path.is_dir() {
        return modified(path);
    }
    let entries = std::fs::read_dir(path).ok()?.filter_map(Result::ok);
    entries.filter_map(|entry| newest(&entry.path())).max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}
