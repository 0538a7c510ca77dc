//! Encrypted connections to other servers. The certificates that the system trusts are read once; all clients share them.

use std::sync::OnceLock;

use hyper_rustls::ConfigBuilderExt as _;
use reqwest::ClientBuilder;
use rustls::{ClientConfig, crypto::aws_lc_rs};

/// A client that trusts what the system trusted when the first one was built.
pub fn http_client() -> ClientBuilder {
    let client = ClientBuilder::new();
    match client_config() {
        Ok(mut config) => {
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            client.tls_backend_preconfigured(config)
        }
        // Reported when the client is built, which reads the certificates again.
        Err(_) => client,
    }
}

/// Without protocols of the application layer (ALPN): connectors add their own.
pub fn client_config() -> Result<ClientConfig, rustls::Error> {
    static SHARED: OnceLock<Result<ClientConfig, rustls::Error>> = OnceLock::new();
    SHARED.get_or_init(trusting_the_system).clone()
}

fn trusting_the_system() -> Result<ClientConfig, rustls::Error> {
    let provider = aws_lc_rs::default_provider();
    Ok(ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?
        .try_with_platform_verifier()?
        .with_no_client_auth())
}
