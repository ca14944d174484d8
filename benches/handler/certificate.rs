//! TLS for the stub: a certificate authority that lives as long as the run, and a server certificate.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The server's TLS configuration, and the root its clients must trust.
pub(crate) struct Certified {
    pub(crate) server: Arc<ServerConfig>,
    /// The authority's certificate, for `AWS_CA_BUNDLE`.
    pub(crate) bundle: PathBuf,
}

/// Issues a certificate for 127.0.0.1.
///
/// # Errors
/// When the directory is not writable, or the system has no randomness.
pub(crate) fn certified(folder: &Path) -> Result<Certified, Box<dyn Error>> {
    let mut authority = CertificateParams::default();
    // With the same name, the server certificate would look self-signed.
    authority.distinguished_name.push(DnType::CommonName, "incident-bench authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()])?.signed_by(&key, &authority)?;
    let bundle = folder.join("authority.pem");
    std::fs::write(&bundle, authority.pem())?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key)?;
    Ok(Certified { server: Arc::new(server), bundle })
}
