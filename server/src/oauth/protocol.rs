//! The OAuth library with the types of our responses and our HTTP client.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::{FutureExt as _, future::BoxFuture};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    DeviceAuthorizationUrl, DeviceCodeErrorResponse, DeviceCodeErrorResponseType, EndpointNotSet,
    ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RefreshToken, RequestTokenError, Scope, StandardDeviceAuthorizationResponse,
    StandardRevocableToken, StandardTokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use url::Url;

use super::{
    http::{Header, Http},
    provider::OAuthProvider,
    sign_in_error::SignInError,
};
use crate::clock::SharedClock;

/// As in the providers' own clients.
const VERIFIER_BYTES: u32 = 96;
const STATE_BYTES: u32 = 32;
/// The longest poll interval while a provider is unreachable.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Additional fields of the token response.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Extra {
    #[serde(default)]
    pub(super) id_token: Option<String>,
    #[serde(default)]
    pub(super) account: Option<serde_json::Value>,
    #[serde(default)]
    pub(super) organization: Option<serde_json::Value>,
}

impl fmt::Debug for Extra {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Extra(…)")
    }
}

impl ExtraTokenFields for Extra {}

pub(super) type TokenResponse = StandardTokenResponse<Extra, BasicTokenType>;

type Client = oauth2::Client<
    BasicErrorResponse,
    TokenResponse,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
>;

/// The authorization request.
pub(super) struct Consent {
    pub(super) authorize_url: Url,
    pub(super) state: SecretString,
    pub(super) verifier: SecretString,
}

fn client(provider: &OAuthProvider) -> Client {
    let client =
        Client::new(ClientId::new(provider.client_id.clone())).set_auth_type(AuthType::RequestBody);
    match &provider.client_secret {
        Some(secret) => {
            client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
        }
        None => client,
    }
}

fn scopes(provider: &OAuthProvider) -> impl Iterator<Item = Scope> {
    provider.scopes.iter().cloned().map(Scope::new)
}

/// Builds the authorization URL with a random state and PKCE verifier.
pub(super) fn consent(provider: &OAuthProvider) -> Result<Consent, SignInError> {
    let missing = SignInError::NotConfigured("authorization endpoint");
    let authorize_url = provider.authorize_url.clone().ok_or(missing)?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256_len(VERIFIER_BYTES);
    let client = client(provider).set_auth_uri(AuthUrl::from_url(authorize_url));
    let mut request = client
        .authorize_url(|| CsrfToken::new_random_len(STATE_BYTES))
        .set_redirect_uri(Cow::Owned(redirect(provider)?))
        .add_scopes(scopes(provider))
        .set_pkce_challenge(challenge);
    for (name, value) in provider.sign_in.authorize_parameters {
        request = request.add_extra_param(*name, *value);
    }
    let (authorize_url, state) = request.url();
    Ok(Consent {
        authorize_url,
        state: state.into_secret().into(),
        verifier: verifier.into_secret().into(),
    })
}

/// Exchanges a code for tokens.
pub(super) async fn exchange(
    http: &Http,
    provider: &OAuthProvider,
    code: &SecretString,
    state: &SecretString,
    verifier: &SecretString,
) -> Result<TokenResponse, SignInError> {
    let client = client(provider).set_token_uri(TokenUrl::from_url(token_url(provider)?));
    let mut request = client
        .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
        .set_redirect_uri(Cow::Owned(redirect(provider)?))
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()));
    // Claude's endpoint requires it in the body; other endpoints reject it.
    if provider.sign_in.encoding == crate::providers::TokenEncoding::Json {
        request = request.add_extra_param("state", state.expose_secret().to_owned());
    }
    let ask = asking(http, provider, &[]);
    request.request_async(&ask).await.map_err(fault)
}

/// Requests a device code.
pub(super) async fn device_code(
    http: &Http,
    provider: &OAuthProvider,
    headers: &[Header],
) -> Result<StandardDeviceAuthorizationResponse, SignInError> {
    let missing = SignInError::NotConfigured("device endpoint");
    let device_url = provider.device_url.clone().ok_or(missing)?;
    let client =
        client(provider).set_device_authorization_url(DeviceAuthorizationUrl::from_url(device_url));
    let request = client.exchange_device_code().add_scopes(scopes(provider));
    let ask = asking(http, provider, headers);
    request.request_async(&ask).await.map_err(fault)
}

/// Polls at the provider's interval until the user has entered the code.
pub(super) async fn wait_for_device(
    http: &Http,
    provider: &OAuthProvider,
    headers: &[Header],
    code: &StandardDeviceAuthorizationResponse,
    wait: DevicePolling,
) -> Result<TokenResponse, SignInError> {
    let client = client(provider).set_token_uri(TokenUrl::from_url(token_url(provider)?));
    // The library treats every failure as transient.
    let (report, mut lasting) = mpsc::channel(1);
    let ask = reporting(asking(http, provider, headers), report);
    let clock = wait.clock;
    let left = (wait.until - clock.now()).to_std().unwrap_or_default();
    let asking = client
        .exchange_device_access_token(code)
        .set_time_fn(move || clock.now())
        .set_max_backoff_interval(MAX_PAUSE)
        .request_async(&ask, tokio::time::sleep, Some(left));
    tokio::select! {
        answered = asking => answered.map_err(device_fault),
        Some(fault) = lasting.recv() => Err(fault),
    }
}

/// Refreshes the tokens of an account of the operator's own client.
pub(super) async fn refresh(
    http: &Http,
    provider: &OAuthProvider,
    refresh_token: &SecretString,
) -> Result<TokenResponse, SignInError> {
    let client = client(provider).set_token_uri(TokenUrl::from_url(token_url(provider)?));
    let refresh_token = RefreshToken::new(refresh_token.expose_secret().to_owned());
    let request = client.exchange_refresh_token(&refresh_token);
    let ask = asking(http, provider, &[]);
    request.request_async(&ask).await.map_err(fault)
}

/// The time limit and interval of polling.
pub(super) struct DevicePolling {
    pub(super) until: DateTime<Utc>,
    pub(super) clock: SharedClock,
}

/// The HTTP function for the library. It owns its values, so that the future is `'static`.
fn asking(
    http: &Http,
    provider: &OAuthProvider,
    headers: &[Header],
) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, SignInError>> + use<> {
    let (http, provider) = (http.clone(), Arc::new(provider.clone()));
    let headers: Arc<[Header]> = headers.into();
    move |question| {
        let (http, provider, headers) = (http.clone(), provider.clone(), headers.clone());
        async move { http.ask(&provider, &headers, question).await }.boxed()
    }
}

/// Reports permanent failures, and does not resolve afterwards.
fn reporting(
    ask: impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, SignInError>>,
    report: mpsc::Sender<SignInError>,
) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, SignInError>> {
    move |question| {
        let (answer, report) = (ask(question), report.clone());
        async move {
            match answer.await {
                Err(fault) if !fault.may_pass() => {
                    let _ = report.send(fault).await;
                    std::future::pending().await
                }
                answered => answered,
            }
        }
        .boxed()
    }
}

fn redirect(provider: &OAuthProvider) -> Result<RedirectUrl, SignInError> {
    RedirectUrl::new(provider.redirect_url.clone())
        .map_err(|_| SignInError::NotConfigured("redirect address"))
}

fn token_url(provider: &OAuthProvider) -> Result<Url, SignInError> {
    let missing = SignInError::NotConfigured("token endpoint");
    provider.token_url.clone().ok_or(missing)
}

/// Maps an error, without the texts of the provider.
fn fault(error: RequestTokenError<SignInError, BasicErrorResponse>) -> SignInError {
    match error {
        RequestTokenError::ServerResponse(response) => {
            SignInError::refused(response.error().as_ref())
        }
        RequestTokenError::Request(fault) => fault,
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => SignInError::Garbage,
    }
}

fn device_fault(error: RequestTokenError<SignInError, DeviceCodeErrorResponse>) -> SignInError {
    match error {
        RequestTokenError::ServerResponse(response) => match response.error() {
            DeviceCodeErrorResponseType::AccessDenied => SignInError::Denied,
            DeviceCodeErrorResponseType::ExpiredToken => SignInError::Expired,
            DeviceCodeErrorResponseType::Basic(code) => SignInError::refused(code.as_ref()),
            // Both continue polling.
            DeviceCodeErrorResponseType::AuthorizationPending
            | DeviceCodeErrorResponseType::SlowDown => SignInError::Garbage,
        },
        RequestTokenError::Request(fault) => fault,
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => SignInError::Garbage,
    }
}
