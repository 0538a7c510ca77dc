//! `/oauth/{provider}/start` sends an administrator's browser to a provider, and
//! `/oauth/{provider}/callback` takes it back. What the provider wrote into the address is data: it is
//! never shown, and the browser goes on to the providers' page with nothing but the sign-in's id, or a
//! word for what went wrong.

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
    oauth::{AuthorizationResponse, AuthorizationResponseError, OAuthService, provider_named},
};

/// What the two addresses need.
#[derive(Clone, Debug)]
pub struct LoginPages {
    pub oauth: OAuthService,
    pub authenticator: Authenticator,
    pub addresses: ClientAddresses,
    /// How browsers reach us.
    pub public_url: Url,
}

/// Serves both.
pub fn login_router(pages: LoginPages) -> Router {
    Router::new()
        .route("/oauth/{provider}/start", get(start))
        .route("/oauth/{provider}/callback", get(callback))
        .with_state(pages)
}

/// What went wrong with an answer that belongs to no sign-in, or comes by the wrong browser. The words
/// are for the page, which knows what to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Unreadable,
    Unknown,
    OtherProvider,
    OtherBrowser,
    OtherAdministrator,
    SignedOut,
    Ended,
    Ours,
}

impl Wrong {
    fn word(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Unknown => "unknown",
            Self::OtherProvider => "other-provider",
            Self::OtherBrowser => "other-browser",
            Self::OtherAdministrator => "other-administrator",
            Self::SignedOut => "signed-out",
            Self::Ended => "ended",
            Self::Ours => "internal",
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
    let Some(kind) = provider_named(&provider) else {
        let text = "There is no such provider to sign in to.\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    match pages.begin(kind, address, &headers).await {
        Ok(response) => response,
        Err(error) => refused(&error),
    }
}

async fn callback(
    State(pages): State<LoginPages>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let Some(kind) = provider_named(&provider) else {
        return pages.back(None, Some(Wrong::Unknown));
    };
    let answer = match AuthorizationResponse::query(query.as_deref().unwrap_or_default()) {
        Ok(answer) => answer,
        Err(
            AuthorizationResponseError::Empty
            | AuthorizationResponseError::TooLong
            | AuthorizationResponseError::NoCode
            | AuthorizationResponseError::NoState,
        ) => {
            return pages.back(None, Some(Wrong::Unreadable));
        }
    };
    let login = match pages.oauth.find_answered(&answer).await {
        Ok(Some(login)) => login,
        Ok(None) => return pages.back(None, Some(Wrong::Unknown)),
        Err(error) => {
            tracing::error!(?error, "cannot look for a sign-in");
            return pages.back(None, Some(Wrong::Ours));
        }
    };
    let id = login.id;
    let wrong = match pages.may_come(kind, &login, &answer, &headers).await {
        Ok(()) => {
            let address = pages.addresses.of(&extensions, &headers);
            pages.accept(address, login, answer).await.err()
        }
        Err(wrong) => Some(wrong),
    };
    pages.back(Some(id), wrong)
}

impl LoginPages {
    async fn begin(
        &self,
        kind: ProviderKind,
        address: Option<IpAddr>,
        headers: &HeaderMap,
    ) -> Result<Response, Error> {
        let caller = self.authenticator.identify(headers).await?;
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
            // A code has to be shown first.
            return Ok(self.back(Some(view.login.id), None));
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

    /// Whether this browser may bring this answer here. The session's own cookie does not come along
    /// from a stranger's page; the one that the sign-in was begun with does.
    async fn may_come(
        &self,
        kind: ProviderKind,
        login: &provider_login::Model,
        answer: &AuthorizationResponse,
        headers: &HeaderMap,
    ) -> Result<(), Wrong> {
        if login.kind != kind {
            return Err(Wrong::OtherProvider);
        }
        if let Some(cookie) = self.authenticator.cookies.session(headers) {
            let session = self
                .authenticator
                .sessions
                .find(cookie.expose_secret())
                .await;
            let session = session.map_err(|error| ours(&error))?;
            if session.is_some_and(|session| session.admin.id != login.started_by) {
                return Err(Wrong::OtherAdministrator);
            }
        }
        let brought = self.authenticator.cookies.login(headers, login.id);
        if !brought.is_some_and(|state| answer.has_state(&state)) {
            return Err(Wrong::OtherBrowser);
        }
        let session = login.session_id.ok_or(Wrong::OtherBrowser)?;
        let lives = self.authenticator.sessions.lives(session).await;
        if lives.map_err(|error| ours(&error))? {
            return Ok(());
        }
        Err(Wrong::SignedOut)
    }

    async fn accept(
        &self,
        address: Option<IpAddr>,
        login: provider_login::Model,
        answer: AuthorizationResponse,
    ) -> Result<(), Wrong> {
        match self.oauth.accept_from_browser(address, login, answer).await {
            // What the provider said is at the sign-in.
            Ok(_) | Err(Error::Provider(_)) => Ok(()),
            Err(Error::Conflict(_)) => Err(Wrong::Ended),
            Err(error) => Err(ours(&error)),
        }
    }

    /// Sends the browser to the providers' page.
    fn back(&self, login: Option<Uuid>, wrong: Option<Wrong>) -> Response {
        let base = self.public_url.path().trim_end_matches('/');
        let mut parts = Vec::new();
        if let Some(id) = login {
            parts.push(format!("login={id}"));
        }
        if let Some(wrong) = wrong {
            parts.push(format!("loginError={}", wrong.word()));
        }
        let target = format!("{base}/providers?{}", parts.join("&"));
        let headers = [(LOCATION, target), (CACHE_CONTROL, "no-store".to_owned())];
        (StatusCode::SEE_OTHER, headers).into_response()
    }
}

fn ours(error: &Error) -> Wrong {
    tracing::error!(?error, "a sign-in could not be taken back");
    Wrong::Ours
}

fn refused(error: &Error) -> Response {
    if let Error::Internal(cause) = error {
        tracing::error!(error = ?cause, "a sign-in could not be begun");
    }
    (
        status_of(error),
        [(CACHE_CONTROL, "no-store")],
        format!("{error}\n"),
    )
        .into_response()
}
