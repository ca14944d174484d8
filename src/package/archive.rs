//! A zip that depends on nothing but its contents.

use std::io::{Cursor, Write};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// From this size on a handler has its debug information, and goes to an emulator: speed counts more than size.
const DEBUG_SIZE: usize = 32 * 1024 * 1024;

/// Packs the files in the order given, all executable, at the beginning of time as zip counts it (1980).
pub(super) fn pack(files: &[(&str, &[u8])]) -> ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let level = if bytes.len() >= DEBUG_SIZE { 1 } else { 9 };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(level))
            .last_modified_time(DateTime::default())
            .unix_permissions(0o755);
        writer.start_file(*name, options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}
