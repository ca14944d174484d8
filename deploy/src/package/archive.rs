//! A zip that depends on nothing but its contents.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

use sha2::{Digest, Sha256};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// From this size on a handler has its debug information, and goes to an emulator: speed counts more than size.
const DEBUG_SIZE: u64 = 32 * 1024 * 1024;
/// How much of a file is in memory while it is read.
const PIECE: usize = 64 * 1024;

/// What a file of the zip is made of.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    Text(&'a str),
    /// A file, which is read piece by piece: a handler is larger than all else in the memory of the program.
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

/// Packs the files in the order given, all executable, at the beginning of time as zip counts it (1980).
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

/// The same zip, from the file where it was kept the last time if that is still of these contents. Packing takes longer
/// than everything else that a deployment without changes does.
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

/// Another process may read the file while it is written, so it appears whole. Where it cannot be kept, the next
/// deployment takes longer.
fn keep(bytes: &[u8], kept: &Path) {
    let part = kept.with_extension(format!("zip.{}", std::process::id()));
    let _ = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, kept));
}

/// What tells contents apart; the zip's comment, which is the last thing in the file.
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
