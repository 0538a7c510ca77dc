//! An engine's view of a server without accounts.

use futures_util::future::BoxFuture;
use proxypal_server::{
    domain::provider_accounts::ProviderCredential,
    engine::{CredentialSource, CredentialsError},
};
use tokio::sync::watch;

/// No credentials, ever.
#[derive(Debug, Default)]
pub(crate) struct NoCredentials(watch::Sender<u64>);

impl CredentialSource for NoCredentials {
    fn changes(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }

    fn credentials(&self) -> BoxFuture<'_, Result<Vec<ProviderCredential>, CredentialsError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
