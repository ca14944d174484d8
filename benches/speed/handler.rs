//! Size of the handler as deployed to Lambda. `benches/handler` measures its speed.

use std::error::Error;
use std::path::Path;

use crate::measurement::Measurement;

/// Measures the size.
pub(crate) fn measure(report: &mut impl FnMut(Measurement)) -> Result<(), Box<dyn Error>> {
    report(Measurement::megabytes("handler zip", 4.0, &[zip_size(&incident_bench::handler()?)?]));
    Ok(())
}

/// Size of a zip of the binary and the rules, compressed as for Lambda.
fn zip_size(binary: &Path) -> Result<u64, Box<dyn Error>> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let rules = Path::new(incident_bench::ROOT).join("templates/severity-rules.yaml");
    for (name, file) in [("bootstrap", binary), ("severity-rules.yaml", &rules)] {
        archive.start_file(name, options)?;
        std::io::copy(&mut std::fs::File::open(file)?, &mut archive)?;
    }
    Ok(archive.finish()?.into_inner().len() as u64)
}
