//! Size of the handler as deployed to Lambda. `benches/handler` measures its speed.

use std::error::Error;

use crate::measurement::Measurement;

/// Measures the size.
pub(crate) fn measure(report: &mut impl FnMut(Measurement)) -> Result<(), Box<dyn Error>> {
    report(Measurement::megabytes("handler zip", 6.0, &[incident_bench::handler_zip()?]));
    Ok(())
}
