//! Where the handler is, and building it in a source checkout.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use tokio::process::Command;

/// The name of the binary.
const HANDLER: &str = "incident-handler";
/// The checkout that this program was built from, which may not exist where it runs.
const CHECKOUT: &str = env!("CARGO_MANIFEST_DIR");
/// What the handler is made of, relative to the checkout.
const SOURCES: [&str; 4] = ["handler", "model", "templates/severity-rules.yaml", "Cargo.lock"];

/// Why the handler is neither found nor built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nothing to deploy, and nothing to build it from.
    #[error("no `incident-handler` beside {}, and no source checkout to build it from", .0.display())]
    NotFound(PathBuf),
    /// Cargo does not start.
    #[error("cannot start cargo to build the handler")]
    NoCargo(#[source] io::Error),
    /// Cargo has said on standard error what is wrong.
    #[error("building the handler failed ({0})")]
    Failed(std::process::ExitStatus),
    /// The location of this program is not known.
    #[error("cannot determine where this program is")]
    NoProgram(#[source] io::Error),
}

impl BuildError {
    /// What the person can do.
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
    /// Where its zip may be kept; a target directory is ours to write to, where a program is installed is not.
    pub(super) archive: Option<PathBuf>,
}

/// What the handler is deployed to, which decides how it is built in a checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// AWS, which bills its size and its start: optimised as a whole, with what it uses and nothing else, in minutes.
    Aws,
    /// The local AWS or another emulator: unoptimised, in seconds, from the libraries that this program is made of.
    Emulator,
}

impl Destination {
    /// AWS itself when there is no endpoint in its place. AWS's own endpoints are reached over TLS, so that one without
    /// is an emulator's.
    pub fn of(endpoint: Option<&str>) -> Self {
        match endpoint.is_some_and(|endpoint| endpoint.starts_with("http:")) {
            true => Self::Emulator,
            false => Self::Aws,
        }
    }

    /// What cargo is asked for.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Aws => &["--profile", "handler", "--no-default-features"],
            Self::Emulator => &["--profile", "dev"],
        }
    }
}

/// The handler to deploy: in the checkout whose target directory holds this program; else beside this program; else in
/// the checkout that this program was installed from. In a checkout it is built when missing or stale.
///
/// # Errors
/// Nothing found and nothing to build from; a failed build.
pub(super) async fn find(destination: Destination) -> Result<Found, BuildError> {
    match Origin::find()? {
        Origin::Beside(handler) => Ok(Found { handler, archive: None }),
        Origin::Checkout(checkout) => {
            let handler = checkout.handler(destination).await?;
            Ok(Found { archive: Some(handler.with_extension("zip")), handler })
        }
    }
}

/// Where the handler is, or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It is built and up to date.
    Ready(PathBuf),
    /// It is built when it is needed, in this checkout.
    ToBuild(PathBuf),
}

/// Where [`find`] would find the handler; builds nothing.
///
/// # Errors
/// Nothing found and nothing to build from.
pub fn look(destination: Destination) -> Result<Place, BuildError> {
    match Origin::find()? {
        Origin::Beside(handler) => Ok(Place::Ready(handler)),
        Origin::Checkout(checkout) => {
            let handler = checkout.path(destination);
            Ok(if checkout.is_fresh(&handler) { Place::Ready(handler) } else { Place::ToBuild(checkout.root) })
        }
    }
}

/// What the handler is taken from.
enum Origin {
    /// It is there.
    Beside(PathBuf),
    Checkout(Checkout),
}

impl Origin {
    fn find() -> Result<Self, BuildError> {
        let program = std::env::current_exe().map_err(BuildError::NoProgram)?;
        let beside = program.with_file_name(HANDLER);
        match Checkout::of(&program, Path::new(CHECKOUT)) {
            Some(checkout) => Ok(Self::Checkout(checkout)),
            None if beside.is_file() => Ok(Self::Beside(beside)),
            None => {
                let installed = Checkout::installed_from(Path::new(CHECKOUT));
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
    /// Whether this program is optimised.
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
        // Cargo marks every target directory; a program that was installed is in none.
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
            mark(&handler);
        }
        Ok(handler)
    }

    /// Where the handler is when it is built. An optimised program gives an emulator the one for AWS when there is one:
    /// it starts faster, and is the very one that AWS gets.
    pub(super) fn path(&self, destination: Destination) -> PathBuf {
        let [optimised, quick] = ["handler", "debug"].map(|folder| self.target.join(folder).join(HANDLER));
        match destination {
            Destination::Aws => optimised,
            Destination::Emulator if self.release && self.is_fresh(&optimised) => optimised,
            Destination::Emulator => quick,
        }
    }

    /// Whether nothing that the handler is made of is newer: a few dozen looks at the disk, where asking cargo would
    /// take longer than everything else.
    pub(super) fn is_fresh(&self, handler: &Path) -> bool {
        let Some(built) = modified(handler) else { return false };
        SOURCES.iter().filter_map(|source| newest(&self.root.join(source))).all(|changed| changed <= built)
    }

    async fn build(&self, destination: Destination) -> Result<(), BuildError> {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["build", "--package", HANDLER, "--bins"]).args(destination.options());
        // `cargo run` sets these about this program. `ring` and all above it are compiled again when they differ.
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_about_a_package(name)) {
            command.env_remove(name);
        }
        let status = command
            .arg("--target-dir")
            .arg(&self.target)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            // Standard output is for data; cargo writes its progress to standard error, where people read.
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

/// Cargo leaves a binary alone whose sources were only touched; its time has to say that it was checked.
fn mark(handler: &Path) {
    // Without it the next run asks cargo again, which is slower and right.
    let _ = std::fs::File::options().append(true).open(handler).and_then(|file| file.set_modified(SystemTime::now()));
}

/// When a file, or the newest file of a folder, was changed.
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
