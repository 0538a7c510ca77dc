//! The OAuth endpoints with which agents sign in to this server: discovery, device authorization, browser authorization with
//! PKCE, tokens and revocation. Agents are public clients; fields that are not used are accepted.
//!
//! RFC 6749, RFC 7009, RFC 7636, RFC 8414 and RFC 8628.

use std::net::IpAddr;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, RawQuery, State},
    http::{
        Extensions, HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, LOCATION, RETRY_AFTER, USER_AGENT},
    },
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::status::status_of;
use crate::{
    client_address::ClientAddresses,
    domain::{
        Error,
        settings::Settings,
        users::api_keys::{
            AgentSignIns, Authorization, ClientFacts, GrantError, GrantRequest, IssuedTokens,
            SignInPolicy,
        },
    },
};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The scope of agents that cannot refresh tokens.
const LONG_LIVED: &str = "long_lived";
/// The variable in which `OpenCode` passes the token to its configuration.
const OPENCODE_TOKEN: &str = "PROXYPAL_TOKEN";
/// Seconds between two polls of a device.
const POLL_SECONDS: u32 = 5;
const MAX_BODY: usize = 16 * 1024;
/// Fields of a form or a query.
const MAX_FIELDS: usize = 64;

/// The state of the endpoints.
#[derive(Clone, Debug)]
pub struct AgentOAuth {
    pub sign_ins: AgentSignIns,
    pub settings: Settings,
    pub addresses: ClientAddresses,
    /// The base of the endpoints and of the page.
    pub public_url: Url,
}

/// Serves the endpoints.
pub fn agent_router(state: AgentOAuth) -> Router {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(discovery))
        .route("/.well-known/opencode", get(opencode))
        .route("/oauth/device_authorization", post(device))
        .route("/oauth/authorize", get(authorize))
        .route("/oauth/token", post(token))
        .route("/oauth/revoke", post(revoke))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(state)
}

async fn discovery(State(state): State<AgentOAuth>) -> Response {
    if !state.policy().is_allowed {
        return OAuthFailure::from(not_offered()).into_response();
    }
    let base = state.base();
    let metadata = json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "device_authorization_endpoint": format!("{base}/oauth/device_authorization"),
        "token_endpoint": format!("{base}/oauth/token"),
        "revocation_endpoint": format!("{base}/oauth/revoke"),
        "response_types_supported": ["code"],
        "grant_types_supported": [DEVICE_CODE, "authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": [LONG_LIVED],
        "gateway_protocol_version": 1,
    });
    no_store(Json(metadata).into_response())
}

/// The document that `opencode auth login <URL>` reads, and again at every start, without a credential. Therefore it lists no
/// models.
async fn opencode(State(state): State<AgentOAuth>) -> Response {
    if !state.policy().is_allowed {
        return OAuthFailure::from(not_offered()).into_response();
    }
    let base = state.base();
    let document = json!({
        "auth": {
            "command": ["proxypal-server", "token", "--long-lived", base],
            "env": OPENCODE_TOKEN,
        },
        "config": { "provider": { "proxypal": {
            "npm": "@ai-sdk/openai-compatible",
            "name": "ProxyPal",
            "options": {
                "baseURL": format!("{base}/v1"),
                "apiKey": format!("{{env:{OPENCODE_TOKEN}}}"),
            },
        } } },
    });
    no_store(Json(document).into_response())
}

async fn device(
    State(state): State<AgentOAuth>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match state.begin_device(&extensions, &headers, &body).await {
        Ok(answer) => no_store(Json(answer).into_response()),
        Err(failure) => failure.into_response(),
    }
}

async fn authorize(
    State(state): State<AgentOAuth>,
    RawQuery(query): RawQuery,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    match state.authorize(&extensions, &headers, &query).await {
        Ok(target) => {
            let target = (LOCATION, String::from(target));
            no_store((StatusCode::SEE_OTHER, [target]).into_response())
        }
        // There is no address that the browser may be sent back to.
        Err(error) => no_store((status_of(&error), format!("{error}\n")).into_response()),
    }
}

async fn token(
    State(state): State<AgentOAuth>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let address = state.addresses.of(&extensions, &headers);
    match state.grant(&body, address).await {
        Ok(tokens) => no_store(Json(answer_of(&tokens)).into_response()),
        Err(failure) => failure.into_response(),
    }
}

async fn revoke(
    State(state): State<AgentOAuth>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let address = state.addresses.of(&extensions, &headers);
    match state.revoke(&body, address).await {
        Ok(()) => no_store(StatusCode::OK.into_response()),
        Err(failure) => failure.into_response(),
    }
}

impl AgentOAuth {
    fn policy(&self) -> SignInPolicy {
        self.settings.current().gateway.sign_in_policy()
    }

    /// The public URL without a slash at its end.
    fn base(&self) -> &str {
        self.public_url.as_str().trim_end_matches('/')
    }

    async fn begin_device(
        &self,
        extensions: &Extensions,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Value, OAuthFailure> {
        let fields = Fields::parse(body)?;
        let client = self.client(extensions, headers, &fields)?;
        let codes = self.sign_ins.begin_device(self.policy(), &client).await?;
        let page = format!("{}/device", self.base());
        Ok(json!({
            "device_code": codes.device_code.expose_secret(),
            "user_code": codes.user_code,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?user_code={}", codes.user_code),
            "expires_in": codes.life.num_seconds(),
            "interval": POLL_SECONDS,
        }))
    }

    /// Where the browser goes: the page where the user confirms, or back with an error.
    async fn authorize(
        &self,
        extensions: &Extensions,
        headers: &HeaderMap,
        query: &str,
    ) -> Result<Url, Error> {
        if !self.policy().is_allowed {
            return Err(not_offered());
        }
        let fields = Fields::parse(query.as_bytes()).map_err(OAuthFailure::into_error)?;
        let field = |name| fields.get(name).map_err(OAuthFailure::into_error);
        let mut authorization = Authorization::new(field("redirect_uri")?.unwrap_or_default())?;
        authorization.state = field("state")?.map(str::to_owned);
        let back = authorization.clone();
        match self
            .begin_browser(authorization, extensions, headers, &fields)
            .await
        {
            Ok(code) => {
                // A fragment is not sent to servers, so no log contains the code.
                let page = format!("{}/device#request={}", self.base(), code.expose_secret());
                Url::parse(&page).map_err(|error| Error::Internal(error.into()))
            }
            Err(failure) => {
                failure.log();
                Ok(back.redirect(&[
                    ("error", failure.code),
                    ("error_description", &failure.description),
                ]))
            }
        }
    }

    async fn begin_browser(
        &self,
        mut authorization: Authorization,
        extensions: &Extensions,
        headers: &HeaderMap,
        fields: &Fields,
    ) -> Result<SecretString, OAuthFailure> {
        if fields.get("response_type")? != Some("code") {
            let description = "response_type must be code";
            return Err(OAuthFailure::new("unsupported_response_type", description));
        }
        if fields.get("code_challenge_method")? != Some("S256") {
            return Err(OAuthFailure::invalid("code_challenge_method must be S256"));
        }
        fields
            .required("code_challenge")?
            .clone_into(&mut authorization.code_challenge);
        let client = self.client(extensions, headers, fields)?;
        let begun = self
            .sign_ins
            .begin_browser(self.policy(), &client, authorization);
        Ok(begun.await?)
    }

    async fn grant(
        &self,
        body: &[u8],
        address: Option<IpAddr>,
    ) -> Result<IssuedTokens, OAuthFailure> {
        let fields = Fields::parse(body)?;
        let request = match fields.required("grant_type")? {
            DEVICE_CODE => GrantRequest::Device {
                device_code: fields.secret("device_code")?,
            },
            "authorization_code" => GrantRequest::Code {
                code: fields.secret("code")?,
                verifier: fields.secret("code_verifier")?,
                redirect_uri: fields.required("redirect_uri")?.to_owned(),
                client_id: fields.get("client_id")?.map(str::to_owned),
            },
            "refresh_token" => GrantRequest::Refresh {
                refresh_token: fields.secret("refresh_token")?,
            },
            _ => {
                let description =
                    "grant_type must be device_code, authorization_code or refresh_token";
                return Err(OAuthFailure::new("unsupported_grant_type", description));
            }
        };
        Ok(self.sign_ins.grant(self.policy(), request, address).await?)
    }

    async fn revoke(&self, body: &[u8], address: Option<IpAddr>) -> Result<(), OAuthFailure> {
        let token = Fields::parse(body)?.secret("token")?;
        Ok(self.sign_ins.sign_out(&token, address).await?)
    }

    fn client(
        &self,
        extensions: &Extensions,
        headers: &HeaderMap,
        fields: &Fields,
    ) -> Result<ClientFacts, OAuthFailure> {
        let agent = headers.get(USER_AGENT);
        let scope = fields.get("scope")?.unwrap_or_default();
        Ok(ClientFacts {
            address: self.addresses.of(extensions, headers),
            agent: agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned()),
            surface: fields.get("surface")?.map(str::to_owned),
            client_id: fields.get("client_id")?.map(str::to_owned),
            long_lived: scope.split(' ').any(|word| word == LONG_LIVED),
        })
    }
}

fn answer_of(tokens: &IssuedTokens) -> Value {
    let mut answer = json!({
        "access_token": tokens.access_token.expose_secret(),
        "token_type": "Bearer",
        "expires_in": tokens.expires_in.num_seconds(),
    });
    if let Some(refresh_token) = &tokens.refresh_token {
        answer["refresh_token"] = refresh_token.expose_secret().into();
    }
    answer
}

fn not_offered() -> Error {
    Error::FeatureDisabled("agents do not sign in on this server; use an API key")
}

fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The fields of a form or a query.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(text: &[u8]) -> Result<Self, OAuthFailure> {
        let fields: Vec<_> = form_urlencoded::parse(text)
            .take(MAX_FIELDS + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if fields.len() > MAX_FIELDS {
            return Err(OAuthFailure::invalid("there are too many fields"));
        }
        Ok(Self(fields))
    }

    /// The value of a field, which must not be repeated; an empty one counts as missing.
    fn get(&self, name: &str) -> Result<Option<&str>, OAuthFailure> {
        let mut values = self.0.iter().filter(|(each, _)| each == name);
        let first = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() {
            return Err(OAuthFailure::invalid(&format!(
                "{name} must not be repeated"
            )));
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    fn required(&self, name: &str) -> Result<&str, OAuthFailure> {
        let value = self.get(name)?;
        value.ok_or_else(|| OAuthFailure::invalid(&format!("{name} is missing")))
    }

    fn secret(&self, name: &str) -> Result<SecretString, OAuthFailure> {
        self.required(name).map(SecretString::from)
    }
}

/// An error as RFC 6749 has it.
struct OAuthFailure {
    status: StatusCode,
    code: &'static str,
    description: String,
    retry_after: Option<u64>,
    /// Of this server, for its log.
    cause: Option<anyhow::Error>,
}

impl OAuthFailure {
    fn new(code: &'static str, description: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            description: description.to_owned(),
            retry_after: None,
            cause: None,
        }
    }

    fn invalid(description: &str) -> Self {
        Self::new("invalid_request", description)
    }

    fn into_error(self) -> Error {
        Error::BadInput(self.description)
    }

    fn log(&self) {
        if let Some(cause) = &self.cause {
            tracing::error!(error = ?cause, "the sign-in of an agent failed");
        }
    }

    fn into_response(self) -> Response {
        self.log();
        let body = json!({ "error": self.code, "error_description": self.description });
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        no_store(response)
    }
}

impl From<Error> for OAuthFailure {
    fn from(error: Error) -> Self {
        let status = status_of(&error);
        let is_database_error = error.is_database_error();
        let message = error.to_string();
        let failure = |code| Self {
            status,
            ..Self::new(code, &message)
        };
        match error {
            Error::BadInput(_) | Error::ConfirmationRequired(_) => failure("invalid_request"),
            Error::RateLimited { retry_after } => Self {
                retry_after: Some(retry_after.as_secs().max(1)),
                ..failure("slow_down")
            },
            Error::FeatureDisabled(_) => Self {
                status: StatusCode::NOT_FOUND,
                ..failure("access_denied")
            },
            Error::Internal(cause) if is_database_error => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                cause: Some(cause),
                ..Self::new("temporarily_unavailable", "try again in a moment")
            },
            Error::Internal(cause) => Self {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                cause: Some(cause),
                ..Self::new("server_error", "internal server error")
            },
            Error::Unauthenticated
            | Error::WrongCredentials(_)
            | Error::SecondFactorRequired
            | Error::Forbidden
            | Error::NotFound { .. }
            | Error::Conflict(_)
            | Error::Outdated { .. }
            | Error::CsrfFailed(_)
            | Error::EngineUnavailable(_)
            | Error::Provider(_) => Self::new("access_denied", &message),
        }
    }
}

impl From<GrantError> for OAuthFailure {
    fn from(error: GrantError) -> Self {
        let message = error.to_string();
        let code = match error {
            GrantError::Pending => "authorization_pending",
            GrantError::SlowDown => "slow_down",
            GrantError::Denied => "access_denied",
            GrantError::Expired => "expired_token",
            GrantError::Invalid(_) => "invalid_grant",
            GrantError::Domain(error) => return error.into(),
        };
        Self::new(code, &message)
    }
}
