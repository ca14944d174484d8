//! Reproducible zips: the bytes depend on the contents alone.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

use sha2::{Digest, Sha256};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Handlers of this size have debug information and go to an emulator, where speed matters more than size.
const DEBUG_SIZE: u64 = 32 * 1024 * 1024;
/// Chunk size for reading a file, in bytes.
const PIECE: usize = 64 * 1024;

/// The content of a file in the zip.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    Text(&'a str),
    /// A file, read in chunks: a handler is larger than everything else in memory.
    File(&'a File),
}

impl<'a> Content<'a> {
    fn length(self) -> io::Result<u64> {
        match self {
            Self::Text(text) => Ok(text.len() as u64),
            Self::File(file) => file.metadata().map(|metadata| metadata.len()),
        }
    }

    /// Reads from the beginning.
    fn reader(self) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Text(text) => Box::new(text.as_bytes()),
            Self::File(mut file) => {
                file.rewind()?;
                Box::new(file)
            }
        })
    }
}

/// Packs the files in the given order, all executable, dated 1980, the earliest time in a zip.
pub(super) fn pack(files: &[(&str, Content<'_>)]) -> ZipResult<Vec<u8>> {
    packed(files, fingerprint(files)?)
}

fn packed(files: &[(&str, Content<'_>)], fingerprint: Box<str>) -> ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.set_comment(fingerprint)?;
    for (name, content) in files {
        let level = if content.length()? >= DEBUG_SIZE { 1 } else { 6 };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(level))
            .last_modified_time(DateTime::default())
            .unix_permissions(0o755);
        writer.start_file(*name, options)?;
        io::copy(&mut content.reader()?, &mut writer)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// The same zip, from its cache file if that still matches the contents. Packing takes longer than the rest of a
/// deployment without changes.
pub(super) fn pack_once(files: &[(&str, Content<'_>)], kept: &Path) -> ZipResult<Vec<u8>> {
    let fingerprint = fingerprint(files)?;
    match std::fs::read(kept) {
        Ok(bytes) if bytes.ends_with(fingerprint.as_bytes()) => Ok(bytes),
        _ => {
            let bytes = packed(files, fingerprint)?;
            keep(&bytes, kept);
            Ok(bytes)
        }
    }
}

/// Replaces the file atomically, because another process may be reading it. Errors only cost the next deployment time.
fn keep(bytes: &[u8], kept: &Path) {
    let part = kept.with_extension(format!("zip.{}", std::process::id()));
    let _ = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, kept));
}

/// A digest of the contents; it becomes the zip's comment, at the end of the file.
fn fingerprint(files: &[(&str, Content<'_>)]) -> io::Result<Box<str>> {
    let mut hash = Sha256::new();
    for (name, content) in files {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update(content.length()?.to_le_bytes());
        digest(content.reader()?, &mut hash)?;
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn digest(content: impl Read, hash: &mut Sha256) -> io::Result<()> {
    let mut content = BufReader::with_capacity(PIECE, content);
    loop {
        let piece = content.fill_buf()?;
        if piece.is_empty() {
            return Ok(());
        }
        hash.update(piece);
        let length = piece.len();
        content.consume(length);
    }
}
