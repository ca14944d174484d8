//! The trust store of the handler's TLS.

use std::io;
use std::path::{Path, PathBuf};

use aws_smithy_http_client::tls::TrustStore;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, pem, pem::PemObject};

/// Amazon Trust Services' roots, from <https://www.amazontrust.com/repository/>: AWS's endpoints chain to them, and a
/// client that pins them needs no others
/// (<https://docs.aws.amazon.com/acm/latest/userguide/acm-bestpractices.html#best-practices-pinning>).
const AMAZON: &[u8] = include_bytes!("amazon-roots.pem");

/// Why `AWS_CA_BUNDLE` is unusable.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file does not exist or cannot be read.
    #[error("AWS_CA_BUNDLE: cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not PEM.
    #[error("AWS_CA_BUNDLE: {} is not a file of certificates", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// A certificate in it is broken.
    #[error("AWS_CA_BUNDLE: {} has a broken certificate", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// There is no certificate in it.
    #[error("AWS_CA_BUNDLE: there is no certificate in {}", .0.display())]
    Empty(PathBuf),
}

/// The trusted authorities: those in the file of `AWS_CA_BUNDLE` if set, as in AWS's own tools; else Amazon's, for
/// AWS's own endpoints in the partitions that use them; else the system's. Reading the system's would take a good part
/// of the start-up time.
///
/// # Errors
/// The file is unusable.
pub fn authorities(bundle: Option<&str>, endpoint: Option<&str>, region: &str) -> Result<TrustStore, BundleError> {
    if let Some(bundle) = bundle {
        return from_file(Path::new(bundle));
    }
    let of_another_partition = ["cn-", "us-iso", "eu-isoe-", "eusc-"].iter().any(|prefix| region.starts_with(prefix));
    Ok(match endpoint.is_some() || of_another_partition {
        true => TrustStore::default(),
        false => TrustStore::empty().with_pem_certificate(AMAZON),
    })
}

/// Reads a file of certificates. The SDK panics on a broken one, so each is checked first.
fn from_file(path: &Path) -> Result<TrustStore, BundleError> {
    let text = std::fs::read(path).map_err(|source| BundleError::Unreadable { path: path.to_owned(), source })?;
    let mut tried = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|source| BundleError::NotPem { path: path.to_owned(), source })?;
        tried.add(certificate).map_err(|source| BundleError::Broken { path: path.to_owned(), source })?;
    }
    if tried.is_empty() {
        return Err(BundleError::Empty(path.to_owned()));
    }
    Ok(TrustStore::empty().with_pem_certificate(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_authorities_is_tried_before_it_is_trusted() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("authorities.pem");
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (content, expected) in [
            (AMAZON, None),
            (b"".as_slice(), Some("there is no certificate in")),
            (b"-----BEGIN CERTIFICATE-----\n!", Some("is not a file of certificates")),
            (broken.as_bytes(), Some("has a broken certificate")),
        ] {
            std::fs::write(&path, content)?;
            let error = authorities(path.to_str(), None, "eu-west-1").err().map(|error| error.to_string());
            match (&error, expected) {
                (None, None) => {}
                (Some(error), Some(expected)) if error.contains(expected) => {}
                _ => return Err(io::Error::other(format!("{error:?} instead of {expected:?}"))),
            }
        }
        let missing = authorities(Some("/nowhere/authorities.pem"), None, "eu-west-1");
        assert!(missing.is_err_and(|error| error.to_string().contains("cannot read /nowhere/authorities.pem")));
        Ok(())
    }

    #[test]
    fn all_five_roots_of_amazon_can_be_used() -> Result<(), Box<dyn std::error::Error>> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(AMAZON) {
            roots.add(certificate?)?;
        }
        assert_eq!(roots.len(), 5);
        Ok(())
    }
}
