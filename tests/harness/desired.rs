//! A desired configuration: everything a configuration can choose.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use incident_deploy::package::Package;
use incident_deploy::resources;
use incident_deploy::template::{Completion, EMBEDDED, Inputs, Place, Stack, Template};
use incidentctl::settings::GlobalArgs;
use incidentctl::settings::Settings;
use serde::Serialize;
use serde_json::{Value, json};

use super::TestResult;

/// A configuration; all fields except `build` are keys of `incidentctl.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Desired {
    pub(crate) emails: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) log_retention_days: u32,
    pub(crate) handler_memory: u32,
    pub(crate) handler_concurrency: u32,
    pub(crate) alarms: BTreeMap<&'static str, bool>,
    pub(crate) alerts: Value,
    pub(crate) analysis: BTreeMap<&'static str, bool>,
    pub(crate) schedule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) permissions_boundary: Option<&'static str>,
    pub(crate) deletion_protection: bool,
    /// Distinguishes builds of the handler: a byte appended to the program.
    #[serde(skip)]
    pub(crate) build: u8,
}

/// The program's defaults with one address.
impl Default for Desired {
    fn default() -> Self {
        Self {
            emails: vec![super::ADDRESS.to_owned()],
            tags: BTreeMap::new(),
            log_retention_days: 30,
            handler_memory: 256,
            handler_concurrency: 10,
            alarms: BTreeMap::new(),
            alerts: json!({}),
            analysis: BTreeMap::new(),
            schedule: "rate(1 minute)",
            kms_key: None,
            permissions_boundary: None,
            deletion_protection: false,
            build: 0,
        }
    }
}

impl Desired {
    /// The configuration file, as JSON, a subset of YAML.
    pub(crate) fn configuration(&self, directory: &Path) -> TestResult<std::path::PathBuf> {
        let file = directory.join("incidentctl.yaml");
        std::fs::write(&file, serde_json::to_string(self)?)?;
        Ok(file)
    }

    /// The handler: a minimal real program that exits at once.
    pub(crate) fn handler(&self, directory: &Path) -> TestResult<std::path::PathBuf> {
        let file = directory.join(format!("bootstrap-{}", self.build));
        std::fs::write(&file, [tiny_program().as_slice(), &[self.build]].concat())?;
        Ok(file)
    }

    /// The stack at a location, with its code.
    pub(crate) fn stack(&self, directory: &Path, place: Place, package: &Package) -> TestResult<Stack> {
        let config = Some(self.configuration(directory)?);
        let settings = Settings::resolve(&GlobalArgs { config, ..GlobalArgs::default() })?;
        let code = [("Architecture", package.architecture().name().to_owned()), ("CodeKey", package.key())];
        let mut parameters = settings.parameters();
        parameters.extend(code.map(|(name, value)| (name.to_owned(), value)));
        let completion = Completion {
            emails: self.emails.clone(),
            tags: self.tags.clone().into_iter().collect(),
            events: Vec::new(),
            parameters,
        };
        let inputs = Inputs { place, parameters: BTreeMap::new() };
        let mut stack = completed(completion)?.resolve(&inputs, resources::naming)?;
        resources::check(&stack)?;
        resources::with_package(&mut stack, package);
        Ok(stack)
    }
}

/// The completed template. It is parsed once, because that takes as long as several calls of a deployment.
fn completed(completion: Completion) -> TestResult<Template> {
    static PARSED: Mutex<Vec<(Completion, Template)>> = Mutex::new(Vec::new());
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, template)) = parsed.iter().find(|(known, _)| *known == completion) {
        return Ok(template.clone());
    }
    let (_, template) = completion.apply(EMBEDDED, resources::naming)?;
    parsed.push((completion, template.clone()));
    Ok(template)
}

/// A static ELF program for x86-64: a header, one segment, and `exit(1)`.
pub(crate) fn tiny_program() -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 56;
    // mov edi, 1; mov eax, 60; syscall
    let code = [0xbf, 1, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05];
    let size = HEADERS + code.len() as u64;
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut put = |bytes: &[u8]| file.extend_from_slice(bytes);
    put(&2_u16.to_le_bytes()); // a program
    put(&62_u16.to_le_bytes()); // for x86-64
    put(&1_u32.to_le_bytes());
    put(&(BASE + HEADERS).to_le_bytes()); // begins here
    put(&64_u64.to_le_bytes()); // its segments are described here
    put(&0_u64.to_le_bytes()); // it has no sections
    put(&0_u32.to_le_bytes());
    for half in [64_u16, 56, 1, 64, 0, 0] {
        put(&half.to_le_bytes());
    }
    put(&1_u32.to_le_bytes()); // loaded
    put(&5_u32.to_le_bytes()); // to be read and run
    for word in [0, BASE, BASE, size, size, 0x1000] {
        put(&word.to_le_bytes());
    }
    put(&code);
    file
}
