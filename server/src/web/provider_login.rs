//! `/oauth/{provider}/start` sends an administrator's browser to a provider, and
//! `/oauth/{provider}/callback` receives it back. Values from the provider's redirect are never shown: the browser is
//! redirected to the providers page with only the id of the sign-in or an error code.

use std::net::IpAddr;

use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::{
        Extensions, HeaderMap, StatusCode,
        header::{CACHE_CONTROL, LOCATION, SET_COOKIE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use entity::{admin::Role, provider_account::ProviderKind, provider_login};
use secrecy::ExposeSecret as _;
use url::Url;
use uuid::Uuid;

use super::{Authenticator, status::status_of};
use crate::{
    client_address::ClientAddresses,
    domain::{Error, Viewer, audit::AuditContext, provider_logins::Starter},
    oauth::{AuthorizationResponse, AuthorizationResponseError, OAuthService},
    providers,
};

/// The state of both handlers.
#[derive(Clone, Debug)]
pub struct LoginPages {
    pub oauth: OAuthService,
    pub authenticator: Authenticator,
    pub addresses: ClientAddresses,
    /// The base of the redirects.
    pub public_url: Url,
}

/// Serves both endpoints.
pub fn login_router(pages: LoginPages) -> Router {
    Router::new()
        .route("/oauth/{provider}/start", get(start))
        .route("/oauth/{provider}/callback", get(callback))
        .with_state(pages)
}

/// Why a callback has no sign-in, or comes from the wrong browser. The page shows a text for each code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallbackError {
    Unreadable,
    Unknown,
    OtherProvider,
    OtherBrowser,
    OtherAdministrator,
    SignedOut,
    Ended,
    Internal,
}

impl CallbackError {
    fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Unknown => "unknown",
            Self::OtherProvider => "other-provider",
            Self::OtherBrowser => "other-browser",
            Self::OtherAdministrator => "other-administrator",
            Self::SignedOut => "signed-out",
            Self::Ended => "ended",
            Self::Internal => "internal",
        }
    }
}

async fn start(
    State(pages): State<LoginPages>,
    Path(provider): Path<String>,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let address = pages.addresses.of(&extensions, &headers);
    let Some(kind) = providers::by_name(&provider) else {
        let text = "Unknown provider.\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    match pages.begin(kind, address, &headers).await {
        Ok(response) => response,
        Err(error) => error_response(&error),
    }
}

async fn callback(
    State(pages): State<LoginPages>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let Some(kind) = providers::by_name(&provider) else {
        return pages.redirect(None, Some(CallbackError::Unknown));
    };
    let answer = match AuthorizationResponse::query(query.as_deref().unwrap_or_default()) {
        Ok(answer) => answer,
        Err(
            AuthorizationResponseError::Empty
            | AuthorizationResponseError::TooLong
            | AuthorizationResponseError::NoCode
            | AuthorizationResponseError::NoState,
        ) => {
            return pages.redirect(None, Some(CallbackError::Unreadable));
        }
    };
    let login = match pages.oauth.find_answered(&answer).await {
        Ok(Some(login)) => login,
        Ok(None) => return pages.redirect(None, Some(CallbackError::Unknown)),
        Err(error) => {
            tracing::error!(?error, "cannot look up a sign-in");
            return pages.redirect(None, Some(CallbackError::Internal));
        }
    };
    let id = login.id;
    let error = match pages.may_complete(kind, &login, &answer, &headers).await {
        Ok(()) => {
            let address = pages.addresses.of(&extensions, &headers);
            pages.accept(address, login, answer).await.err()
        }
        Err(error) => Some(error),
    };
    pages.redirect(Some(id), error)
}

impl LoginPages {
    async fn begin(
        &self,
        kind: ProviderKind,
        address: Option<IpAddr>,
        headers: &HeaderMap,
    ) -> Result<Response, Error> {
        let caller = self.authenticator.identify(headers, address).await?;
        let session = match caller.viewer {
            Viewer::Session(session) if session.admin.role >= Role::Admin => session,
            Viewer::Session(_) => return Err(Error::Forbidden),
            Viewer::Anonymous | Viewer::ApiToken(_) | Viewer::KeyHolder { .. } => {
                return Err(Error::Unauthenticated);
            }
        };
        let starter = Starter {
            id: session.admin.id,
            session_id: Some(session.session.id),
        };
        let address = address.map(|address| address.to_string());
        let context = AuditContext::new((&session.admin).into(), address, "startProviderLogin");
        let view = self.oauth.start(&context, starter, kind, None).await?;
        let (Some(target), Some(state)) = (view.authorize_url.clone(), view.state()) else {
            // The page must show the device code first.
            return Ok(self.redirect(Some(view.login.id), None));
        };
        let cookie = self
            .authenticator
            .cookies
            .begin_login(view.login.id, &state);
        let headers = [
            (LOCATION, target),
            (SET_COOKIE, cookie),
            (CACHE_CONTROL, "no-store".to_owned()),
        ];
        Ok((StatusCode::FOUND, headers).into_response())
    }

    /// Whether this browser may complete the sign-in. Browsers do not send the session cookie (`SameSite=Strict`) with
    /// a redirect from another site, but they send the cookie of the sign-in.
    async fn may_complete(
        &self,
        kind: ProviderKind,
        login: &provider_login::Model,
        answer: &AuthorizationResponse,
        headers: &HeaderMap,
    ) -> Result<(), CallbackError> {
        if login.kind != kind {
            return Err(CallbackError::OtherProvider);
        }
        if let Some(cookie) = self.authenticator.cookies.session(headers) {
            let session = self
                .authenticator
                .sessions
                .find(cookie.expose_secret())
                .await;
            let session = session.map_err(|error| internal(&error))?;
            if session.is_some_and(|session| session.admin.id != login.started_by) {
                return Err(CallbackError::OtherAdministrator);
            }
        }
        let state = self.authenticator.cookies.login(headers, login.id);
        if !state.is_some_and(|state| answer.has_state(&state)) {
            return Err(CallbackError::OtherBrowser);
        }
        let session = login.session_id.ok_or(CallbackError::OtherBrowser)?;
        let is_active = self.authenticator.sessions.is_active(session).await;
        if is_active.map_err(|error| internal(&error))? {
            return Ok(());
        }
        Err(CallbackError::SignedOut)
    }

    async fn accept(
        &self,
        address: Option<IpAddr>,
        login: provider_login::Model,
        answer: AuthorizationResponse,
    ) -> Result<(), CallbackError> {
        match self.oauth.accept_from_browser(address, login, answer).await {
            // The sign-in has the error of the provider.
            Ok(_) | Err(Error::Provider(_)) => Ok(()),
            Err(Error::Conflict(_)) => Err(CallbackError::Ended),
            Err(error) => Err(internal(&error)),
        }
    }

    /// Redirects the browser to the providers page.
    fn redirect(&self, login: Option<Uuid>, error: Option<CallbackError>) -> Response {
        let base = self.public_url.path().trim_end_matches('/');
        let mut parts = Vec::new();
        if let Some(id) = login {
            parts.push(format!("login={id}"));
        }
        if let Some(error) = error {
            parts.push(format!("loginError={}", error.code()));
        }
        let target = format!("{base}/providers?{}", parts.join("&"));
        let headers = [(LOCATION, target), (CACHE_CONTROL, "no-store".to_owned())];
        (StatusCode::SEE_OTHER, headers).into_response()
    }
}

fn internal(error: &Error) -> CallbackError {
    tracing::error!(?error, "a sign-in could not be completed");
    CallbackError::Internal
}

fn error_response(error: &Error) -> Response {
    if let Error::Internal(cause) = error {
        tracing::error!(error = ?cause, "a sign-in could not be started");
    }
    (
        status_of(error),
        [(CACHE_CONTROL, "no-store")],
        format!("{error}\n"),
    )
        .into_response()
}
