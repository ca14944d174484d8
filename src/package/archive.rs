//! A zip that depends on nothing but its contents.

use std::io::{Cursor, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// From this size on a handler has its debug information, and goes to an emulator: speed counts more than size.
const DEBUG_SIZE: usize = 32 * 1024 * 1024;

/// Packs the files in the order given, all executable, at the beginning of time as zip counts it (1980).
pub(super) fn pack(files: &[(&str, &[u8])]) -> ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.set_comment(fingerprint(files))?;
    for (name, bytes) in files {
        let level = if bytes.len() >= DEBUG_SIZE { 1 } else { 6 };
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

/// The same zip, from the file where it was kept the last time if that is still of these contents. Packing takes longer
/// than everything else that a deployment without changes does.
pub(super) fn pack_once(files: &[(&str, &[u8])], kept: &Path) -> ZipResult<Vec<u8>> {
    match std::fs::read(kept) {
        Ok(bytes) if bytes.ends_with(fingerprint(files).as_bytes()) => Ok(bytes),
        _ => {
            let bytes = pack(files)?;
            keep(&bytes, kept);
            Ok(bytes)
        }
    }
}

/// Another process may read the file while it is written, so it appears whole. Where it cannot be kept, the next
/// deployment takes longer.
fn keep(bytes: &[u8], kept: &Path) {
    let part = kept.with_extension(format!("zip.{}", std::process::id()));
    let _ = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, kept));
}

/// What tells contents apart; the zip's comment, which is the last thing in the file.
fn fingerprint(files: &[(&str, &[u8])]) -> Box<str> {
    let mut hash = Sha256::new();
    for (name, bytes) in files {
        for part in [name.as_bytes(), *bytes] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
