//! One run of the engine: keys, port, folders, configuration.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::child::ModelCatalogueSource;
use super::folder::Folder;
use super::keys::EngineKeys;
use super::slots::Slot;
use super::{Managed, place_of};
use crate::domain::provider_accounts::ProviderCredential;
use crate::engine::client::EngineClient;
use crate::engine::config::{
    Applied, CredentialLists, Document, ListenAddress, Reveal, write_in_place,
};
use crate::engine::endpoint::EngineEndpoint;

/// Chosen for each run.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) keys: EngineKeys,
    pub(super) folder: Folder,
    pub(super) endpoint: EngineEndpoint,
    pub(super) client: Arc<EngineClient>,
    pub(super) catalogue: ModelCatalogueSource,
    pub(super) program: PathBuf,
    port: u16,
    _slot: Slot,
}

/// The configuration for one state of the credentials.
#[derive(Debug)]
pub(super) struct Rendering {
    yaml: SecretString,
    preview: String,
    /// The configuration as the engine will report it.
    pub(super) applied: Value,
    credentials: Vec<ProviderCredential>,
}

impl Instance {
    /// Chooses keys, port and folders for a process of this program.
    pub(super) fn choose(managed: &Managed, program: &Path) -> Result<Self, String> {
        let options = &managed.options;
        let slot = managed.slots.take().ok_or(
            "earlier processes of the engine still finish their requests; try again later",
        )?;
        let folder = Folder::prepare(place_of(options), slot.number)
            .map_err(|error| format!("the engine's folder cannot be prepared: {error}"))?;
        let port =
            free_port().map_err(|error| format!("no port is free for the engine: {error}"))?;
        let keys = EngineKeys::random();
        let url =
            Url::parse(&format!("http://127.0.0.1:{port}")).map_err(|error| error.to_string())?;
        let endpoint = EngineEndpoint::new(&url, &keys.internal)
            .and_then(|endpoint| endpoint.with_caller_keys(&keys.callers))
            .map_err(|error| error.to_string())?;
        let client = EngineClient::new(&url, keys.internal.clone(), Some(keys.management.clone()))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            keys,
            folder,
            endpoint,
            client: Arc::new(client),
            catalogue: managed.catalogue_source(),
            program: program.to_owned(),
            port,
            _slot: slot,
        })
    }

    /// Renders the present credentials.
    pub(super) async fn render(&self, managed: &Managed) -> Result<Rendering, String> {
        let credentials = managed
            .context
            .source
            .credentials()
            .await
            .map_err(|error| format!("the credentials could not be opened: {error}"))?;
        let aliases = managed
            .context
            .source
            .model_aliases()
            .await
            .map_err(|error| format!("the aliases of models could not be read: {error}"))?;
        let known = managed.public.catalogue.known();
        let settings = managed.context.source.settings();
        managed.public.catalogue.set_additional(&settings);
        let render = |reveal| {
            let lists =
                CredentialLists::with_aliases(&credentials, &aliases, &known, &settings, reveal);
            Applied::new(lists, &settings)
        };
        let applied = render(Reveal::Secrets);
        Ok(Rendering {
            applied: serde_json::to_value(&applied).map_err(|error| error.to_string())?,
            yaml: self.document(applied, Reveal::Secrets)?.into(),
            preview: self.document(render(Reveal::Nothing), Reveal::Nothing)?,
            credentials,
        })
    }

    /// Writes a rendering to the file that the engine watches, and publishes its facts.
    pub(super) async fn write(
        &self,
        managed: &Managed,
        rendering: &Rendering,
    ) -> Result<(), String> {
        self.publish(managed, rendering);
        let (path, yaml) = (self.folder.config.clone(), rendering.yaml.clone());
        tokio::task::spawn_blocking(move || write_in_place(&path, yaml.expose_secret()))
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| format!("the engine's configuration cannot be written: {error}"))
    }

    /// Publishes the facts of a rendering: the accounts behind the engine's names, the secrets to redact from its log,
    /// and the preview.
    pub(super) fn publish(&self, managed: &Managed, rendering: &Rendering) {
        managed.public.logs.redact(self.secrets(rendering));
        let known = managed.accounts.load_full();
        managed.accounts.store(Arc::new(
            known
                .as_ref()
                .clone()
                .and(&rendering.credentials, &self.folder.auths),
        ));
        managed
            .public
            .preview
            .store(Some(Arc::new(rendering.preview.clone())));
    }

    fn document(&self, applied: Applied, reveal: Reveal) -> Result<String, String> {
        let address = ListenAddress {
            port: self.port,
            auth_dir: &self.folder.auths,
            internal_key: &self.keys.internal,
            caller_keys: &self.keys.callers,
        };
        Document::new(address, applied, reveal).render()
    }

    fn secrets(&self, rendering: &Rendering) -> Vec<SecretString> {
        let own = [self.keys.internal.clone(), self.keys.management.clone()];
        let keys = rendering
            .credentials
            .iter()
            .flat_map(|credential| credential.secret.hidden());
        let headers = rendering
            .credentials
            .iter()
            .flat_map(|credential| credential.headers.values());
        let proxies = rendering
            .credentials
            .iter()
            .filter_map(|credential| credential.proxy_url.as_ref())
            .flat_map(secrets_of_proxy);
        own.into_iter()
            .chain(keys)
            .chain(headers.cloned())
            .chain(proxies)
            .collect()
    }
}

impl Rendering {
    /// The text of the configuration file.
    pub(super) fn yaml(&self) -> &SecretString {
        &self.yaml
    }
}

/// The URL of a proxy that has a password, and the password alone.
fn secrets_of_proxy(proxy_url: &SecretString) -> Vec<SecretString> {
    let text = proxy_url.expose_secret();
    let url: Option<Url> = text.parse().ok();
    match url.as_ref().and_then(Url::password) {
        Some(password) => vec![text.into(), password.into()],
        None => Vec::new(),
    }
}

/// A free port. If another process takes it first, the engine exits and the next run chooses another.
pub(super) fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
