//! What somebody wants deployed: everything that a configuration can choose.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use incidentctl::package::Package;
use incidentctl::resources;
use incidentctl::template::{Completion, EMBEDDED, Inputs, Place, Stack, Template};

use super::TestResult;

/// A configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) emails: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) log_retention_days: u32,
    pub(crate) handler_memory: u32,
    pub(crate) kms_key: String,
    pub(crate) permissions_boundary: String,
    pub(crate) deletion_protection: bool,
    /// Told apart by this byte behind the end of the program.
    pub(crate) build: u8,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            emails: vec![super::ADDRESS.to_owned()],
            tags: BTreeMap::new(),
            log_retention_days: 30,
            handler_memory: 256,
            kms_key: String::new(),
            permissions_boundary: String::new(),
            deletion_protection: false,
            build: 0,
        }
    }
}

impl Wish {
    /// The code: a real program, as small as one can be, which ends at once.
    pub(crate) fn package(&self, directory: &Path) -> TestResult<Package> {
        let file = directory.join(format!("bootstrap-{}", self.build));
        std::fs::write(&file, [tiny_program().as_slice(), &[self.build]].concat())?;
        Ok(Package::of(&file)?)
    }

    /// The finished template. It is parsed once: that takes as long as several calls of a deployment.
    fn template(&self) -> TestResult<Template> {
        static PARSED: Mutex<Vec<(Completion, Template)>> = Mutex::new(Vec::new());
        let completion = Completion { emails: self.emails.clone(), tags: self.tags.clone().into_iter().collect() };
        let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, template)) = parsed.iter().find(|(known, _)| *known == completion) {
            return Ok(template.clone());
        }
        let (_, template) = completion.apply(EMBEDDED)?;
        parsed.push((completion, template.clone()));
        Ok(template)
    }

    /// The stack in a place.
    pub(crate) fn stack(&self, place: Place, package: Option<&Package>) -> TestResult<Stack> {
        let template = self.template()?;
        let mut parameters = BTreeMap::from([
            ("LogRetentionInDays".to_owned(), self.log_retention_days.to_string()),
            ("HandlerMemorySize".to_owned(), self.handler_memory.to_string()),
            ("KmsKeyArn".to_owned(), self.kms_key.clone()),
            ("PermissionsBoundaryArn".to_owned(), self.permissions_boundary.clone()),
            ("DeletionProtection".to_owned(), self.deletion_protection.to_string()),
        ]);
        if let Some(package) = package {
            parameters.insert("Architecture".to_owned(), package.architecture().name().to_owned());
        }
        let mut stack = template.resolve(&Inputs { place, parameters }, resources::naming)?;
        resources::check(&stack)?;
        if let Some(package) = package {
            resources::with_package(&mut stack, package);
        }
        Ok(stack)
    }
}

/// A static ELF program for x86-64 of a header, one segment, and `exit(1)`.
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
