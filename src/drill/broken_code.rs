//! Code that does not start: a program for every architecture that complains and ends.

use std::io::{Cursor, Write};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipWriter};

/// What Lambda runs as the function's runtime.
const PROGRAM: &str = r#"#!/bin/sh
# Deployed by `incidentctl trigger-test --kind bad-deploy`, which puts the code before back.
echo "starting the new version of the error generator"
echo "reading settings.json"
echo "FATAL cannot read settings.json: no such file or directory" >&2
exit 1
"#;

/// The zip; always the same bytes.
pub(super) fn zip() -> ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().last_modified_time(DateTime::default()).unix_permissions(0o755);
    writer.start_file("bootstrap", options)?;
    writer.write_all(PROGRAM.as_bytes())?;
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_bytes_depend_on_nothing_else() -> zip::result::ZipResult<()> {
        assert_eq!(super::zip()?, super::zip()?);
        Ok(())
    }
}
