//! Where the handler is, and building it in a source checkout.

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
    #[error("cannot tell where this program is")]
    NoProgram(#[source] io::Error),
}

impl BuildError {
    /// What the person can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoCargo(_) => "install Rust from https://rustup.rs, or give a built handler with --handler",
            Self::NotFound(_) | Self::Failed(_) | Self::NoProgram(_) => "give a built handler with --handler",
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

/// The handler to deploy: in the checkout whose target directory holds this program; else beside this program; else in
/// the checkout that this program was installed from. In a checkout it is built when missing or stale.
///
/// # Errors
/// Nothing found and nothing to build from; a failed build.
pub(super) async fn find() -> Result<Found, BuildError> {
    match Origin::find()? {
        Origin::Beside(handler) => Ok(Found { handler, archive: None }),
        Origin::Checkout(checkout) => {
            let handler = checkout.handler().await?;
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
pub fn look() -> Result<Place, BuildError> {
    match Origin::find()? {
        Origin::Beside(handler) => Ok(Place::Ready(handler)),
        Origin::Checkout(checkout) => {
            let handler = checkout.path();
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
    /// Of this program; the handler is built likewise.
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

    async fn handler(&self) -> Result<PathBuf, BuildError> {
        let handler = self.path();
        if !self.is_fresh(&handler) {
            self.build(if self.release { "handler" } else { "dev" }).await?;
        }
        Ok(handler)
    }

    fn path(&self) -> PathBuf {
        self.target.join(if self.release { "handler" } else { "debug" }).join(HANDLER)
    }

    /// Whether nothing that the handler is made of is newer: a few dozen looks at the disk, where asking cargo would
    /// take longer than everything else.
    pub(super) fn is_fresh(&self, handler: &Path) -> bool {
        let Some(built) = modified(handler) else { return false };
        SOURCES.iter().filter_map(|source| newest(&self.root.join(source))).all(|changed| changed <= built)
    }

    async fn build(&self, profile: &str) -> Result<(), BuildError> {
        // A debug handler shares the libraries that the workspace was built with: asked for alone it would have the SDKs
        // compiled again, with fewer features. What goes to AWS has those fewer features, and is smaller for it.
        let selection = if self.release { ["--package", HANDLER, "--bins"] } else { ["--workspace", "--bin", HANDLER] };
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .arg("build")
            .args(selection)
            .args(["--profile", profile, "--target-dir"])
            .arg(&self.target)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            // Standard output is for data; cargo writes its progress to standard error, where people read.
            .stdout(Stdio::null())
            .status()
            .await
            .map_err(BuildError::NoCargo)?;
        if !status.success() {
            return Err(BuildError::Failed(status));
        }
        self.mark(profile);
        Ok(())
    }

    /// Cargo leaves a binary alone whose sources were only touched; its time has to say that it was checked.
    fn mark(&self, profile: &str) {
        let folder = if profile == "dev" { "debug" } else { profile };
        let handler = self.target.join(folder).join(HANDLER);
        // Without it the next run asks cargo again, which is slower and right.
        let _ =
            std::fs::File::options().append(true).open(handler).and_then(|file| file.set_modified(SystemTime::now()));
    }
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
