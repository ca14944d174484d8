//! Whether Lambda can run a binary, judged from the file's headers and what Amazon Linux 2023 offers.

use std::fmt;

use object::elf;
use object::read::ReadRef;
use object::read::elf::{FileHeader, SectionHeader};

/// The C library of Amazon Linux 2023 is glibc 2.34.
const GLIBC: (u32, u32) = (2, 34);

/// What a binary was built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// Intel and AMD.
    X86_64,
    /// Graviton.
    Arm64,
}

impl Architecture {
    /// Lambda's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// Why Lambda cannot run a binary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BinaryError {
    /// Some other kind of file.
    #[error("it is not a Linux program (64-bit ELF)")]
    NotLinux,
    /// The headers contradict each other.
    #[error("its headers are damaged: {0}")]
    Damaged(String),
    /// Lambda does not offer this architecture.
    #[error("it is built for an architecture that Lambda does not offer (ELF machine {0})")]
    Machine(u16),
    /// A library or an object file.
    #[error("it is not a program but a library or an object file")]
    NotAProgram,
    /// Built on a newer system.
    #[error("it needs glibc {}.{}, and Amazon Linux 2023 has 2.34", .0.0, .0.1)]
    Glibc((u32, u32)),
    /// Dynamically linked against another C library.
    #[error("it is loaded by {0}, which Amazon Linux 2023 does not have")]
    Loader(String),
}

impl BinaryError {
    /// The remedy.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Glibc(_) | Self::Loader(_) => {
                "build it for an older glibc: `cargo zigbuild -p incident-handler --profile handler --no-default-features \
                 --target x86_64-unknown-linux-gnu.2.34`, `cargo lambda build`, in a container of Amazon Linux 2023, or \
                 statically for x86_64-unknown-linux-musl"
            }
            _ => {
                "build it for Linux: `cargo build -p incident-handler --profile handler --no-default-features` on Linux, \
                 or elsewhere with `cargo zigbuild` and `--target x86_64-unknown-linux-gnu.2.34` or aarch64"
            }
        }
    }
}

/// Checks a program and returns its architecture.
///
/// # Errors
/// Whatever would make Lambda fail later with `Runtime.InvalidEntrypoint` or `GLIBC_… not found`.
pub(super) fn check<'data>(data: impl ReadRef<'data>) -> Result<Architecture, BinaryError> {
    let header = elf::FileHeader64::<object::Endianness>::parse(data).map_err(|_| BinaryError::NotLinux)?;
    let endian = header.endian().map_err(damaged)?;
    let architecture = match header.e_machine(endian) {
        elf::EM_X86_64 => Architecture::X86_64,
        elf::EM_AARCH64 => Architecture::Arm64,
        other => return Err(BinaryError::Machine(other.0)),
    };
    if ![elf::ET_EXEC, elf::ET_DYN].contains(&header.e_type(endian)) || header.e_entry(endian) == 0 {
        return Err(BinaryError::NotAProgram);
    }
    let sections = header.sections(endian, data).map_err(damaged)?;
    // A static program has no loader; a dynamic one names it, NUL-terminated.
    let loader = sections.section_by_name(endian, b".interp").map(|(_, section)| section.data(endian, data));
    if let Some(loader) = loader.transpose().map_err(damaged)? {
        let loader = String::from_utf8_lossy(loader).trim_end_matches('\0').to_owned();
        if !loader.contains("ld-linux") {
            return Err(BinaryError::Loader(loader));
        }
    }
    let Some((needs, strings)) = sections.gnu_verneed(endian, data).map_err(damaged)? else { return Ok(architecture) };
    let strings = sections.strings(endian, data, strings).map_err(damaged)?;
    let mut newest = (0, 0);
    for need in needs {
        let (_, versions) = need.map_err(damaged)?;
        for version in versions {
            let name = version.map_err(damaged)?.name(endian, strings).map_err(damaged)?;
            newest = newest.max(glibc_version(name).unwrap_or_default());
        }
    }
    match newest > GLIBC {
        true => Err(BinaryError::Glibc(newest)),
        false => Ok(architecture),
    }
}

/// Parses `GLIBC_2.34` and `GLIBC_2.2.5`; `None` for `GLIBC_PRIVATE` and other libraries' versions.
pub(super) fn glibc_version(name: &[u8]) -> Option<(u32, u32)> {
    let version = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn damaged(error: impl fmt::Display) -> BinaryError {
    BinaryError::Damaged(error.to_string())
}
