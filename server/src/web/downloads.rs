//! `GET /downloads/{ticket}`: serves a file once, to the caller who created the ticket.
//!
//! An error, or the end of the caller's right, closes the connection without the end of the body, so that the client
//! knows that the file is incomplete.

use std::net::IpAddr;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{
        Extensions, HeaderMap, HeaderValue, StatusCode,
        header::{ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
    routing::get,
};
use bytes::Bytes;
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};

use super::{Authenticator, SessionGuard, status::status_of};
use crate::{
    client_address::ClientAddresses,
    domain::{
        Error, Result,
        downloads::{ClaimedDownload, Content, Downloads},
    },
};

/// The state of the handler.
#[derive(Clone, Debug)]
pub struct Counter {
    pub authenticator: Authenticator,
    pub downloads: Downloads,
    pub addresses: ClientAddresses,
}

/// Serves `/downloads/{ticket}`.
pub fn downloads(counter: Counter) -> Router {
    // A HEAD request must not use up the ticket.
    let once = get(take).head(async || (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")]));
    Router::new()
        .route("/downloads/{ticket}", once)
        .with_state(counter)
}

async fn take(
    State(counter): State<Counter>,
    Path(ticket): Path<String>,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let address = counter.addresses.of(&extensions, &headers);
    match begin(&counter, &ticket, (&headers, address)).await {
        Ok((download, session_guard)) => answer(download, session_guard),
        Err(error) => refusal(&error),
    }
}

async fn begin(
    counter: &Counter,
    ticket: &str,
    (headers, address): (&HeaderMap, Option<IpAddr>),
) -> Result<(ClaimedDownload, SessionGuard)> {
    let caller = counter.authenticator.identify(headers, address).await?;
    let download = counter.downloads.take(ticket, &caller.viewer).await?;
    Ok((download, caller.session_guard))
}

fn answer(download: ClaimedDownload, session_guard: SessionGuard) -> Response {
    let length = download.content.length;
    let body = Body::from_stream(while_it_holds(download.content, session_guard));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(download.media_type));
    // Names are created by the server: letters, digits, dots and hyphens.
    let disposition = format!("attachment; filename=\"{}\"", download.file_name);
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    response
}

fn while_it_holds(
    content: Content,
    session_guard: SessionGuard,
) -> impl Stream<Item = Result<Bytes>> {
    let ended = session_guard.ended().boxed();
    stream::try_unfold((content.bytes, ended), async |(mut bytes, mut ended)| {
        let next = tokio::select! {
            () = &mut ended => return Err(Error::Unauthenticated),
            next = bytes.next() => next,
        };
        match next.transpose() {
            Ok(Some(piece)) => Ok(Some((piece, (bytes, ended)))),
            Ok(None) => Ok(None),
            Err(error) => {
                tracing::error!(?error, "a download failed and was cut off");
                Err(error)
            }
        }
    })
}

fn refusal(error: &Error) -> Response {
    let text = match error {
        Error::NotFound { .. } => {
            "This download was already used, has expired, or belongs to another caller. Request it again.\n"
                .to_owned()
        }
        Error::Internal(cause) => {
            tracing::error!(error = ?cause, "a download cannot start");
            format!("{error}\n")
        }
        Error::Unauthenticated
        | Error::WrongCredentials(_)
        | Error::SecondFactorRequired
        | Error::Forbidden | Error::FeatureDisabled(_)
        | Error::BadInput(_)
        | Error::ConfirmationRequired(_)
        | Error::Conflict(_)
        | Error::Outdated { .. }
        | Error::RateLimited { .. }
        | Error::CsrfFailed(_)
        | Error::EngineUnavailable(_)
        | Error::Provider(_) => format!("{error}\n"),
    };
    (status_of(error), [(CACHE_CONTROL, "no-store")], text).into_response()
}
