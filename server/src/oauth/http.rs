//! The HTTP client for providers. Responses are bounded in size and time, redirects are not followed, and bodies are
//! not logged.

use std::time::Duration;

use http::{
    HeaderValue, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName},
};
use oauth2::{HttpRequest, HttpResponse};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Number, Value};
use url::{Url, form_urlencoded};

use crate::providers::TokenEncoding;

use super::{provider::OAuthProvider, sign_in_error::SignInError};

const CONNECT_TIME_LIMIT: Duration = Duration::from_secs(5);
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Tokens with all claims of a large organisation have a few thousand bytes.
const MAX_ANSWER: usize = 64 * 1024;
/// Lists of models are larger.
const MAX_LIST: usize = 1024 * 1024;
/// The order of parameters in the requests of Claude's own client.
const ORDER: [&str; 6] = [
    "grant_type",
    "code",
    "redirect_uri",
    "client_id",
    "code_verifier",
    "state",
];

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Http(reqwest::Client);

pub(super) type Header = (HeaderName, SecretString);

impl Http {
    /// Does not follow redirects, so that tokens are not sent elsewhere.
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        let client = crate::tls::http_client()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIME_LIMIT)
            .timeout(TIME_LIMIT)
            .build()?;
        Ok(Self(client))
    }

    /// Sends a request of the OAuth library in the format of the provider, and normalises the response for the library.
    pub(super) async fn ask(
        &self,
        provider: &OAuthProvider,
        headers: &[Header],
        request: HttpRequest,
    ) -> Result<HttpResponse, SignInError> {
        let mut request = match provider.sign_in.encoding {
            TokenEncoding::Form => request,
            TokenEncoding::Json => as_json(request),
        };
        let own = provider.sign_in.headers.iter();
        for (name, value) in own {
            let name = HeaderName::from_static(name);
            request
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        for (name, value) in headers {
            request.headers_mut().insert(name, secret(value)?);
        }
        let request = reqwest::Request::try_from(request).map_err(|error| unreachable(&error))?;
        let (status, mut answer) = self.object(request, MAX_ANSWER).await?;
        normalise(&mut answer);
        // Some providers send errors with status 200.
        let status = match answer.contains_key("error") {
            true if status.is_success() => StatusCode::BAD_REQUEST,
            _ if status.is_success() => StatusCode::OK,
            true => status,
            false => return Err(SignInError::Status(status.as_u16())),
        };
        let body = serde_json::to_vec(&answer).map_err(|_| SignInError::Garbage)?;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        Ok(response)
    }

    /// Fetches a JSON object with a token; fails for an error status.
    pub(super) async fn get(
        &self,
        url: &Url,
        authorization: &SecretString,
        headers: &[Header],
    ) -> Result<Map<String, Value>, SignInError> {
        let mut request = reqwest::Request::new(http::Method::GET, url.clone());
        let target = request.headers_mut();
        target.insert(AUTHORIZATION, secret(authorization)?);
        for (name, value) in headers {
            target.insert(name, secret(value)?);
        }
        match self.object(request, MAX_LIST).await? {
            (status, answer) if status.is_success() => Ok(answer),
            (status, _) => Err(SignInError::Status(status.as_u16())),
        }
    }

    /// Fetches a JSON object without credentials.
    pub(super) async fn get_public(&self, url: &Url) -> Result<Map<String, Value>, SignInError> {
        let request = reqwest::Request::new(http::Method::GET, url.clone());
        match self.object(request, MAX_ANSWER).await? {
            (status, answer) if status.is_success() => Ok(answer),
            (status, _) => Err(SignInError::Status(status.as_u16())),
        }
    }

    async fn object(
        &self,
        request: reqwest::Request,
        largest: usize,
    ) -> Result<(StatusCode, Map<String, Value>), SignInError> {
        let mut answer = self
            .0
            .execute(request)
            .await
            .map_err(|error| unreachable(&error))?;
        let status = answer.status();
        if status.is_redirection() {
            return Err(SignInError::Redirected);
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| unreachable(&error))? {
            if body.len() + piece.len() > largest {
                return Err(SignInError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        match serde_json::from_slice(&body) {
            Ok(answer) => Ok((status, answer)),
            Err(_) if !status.is_success() => Err(SignInError::Status(status.as_u16())),
            Err(_) => Err(SignInError::Garbage),
        }
    }
}

fn secret(value: &SecretString) -> Result<HeaderValue, SignInError> {
    let mut value =
        HeaderValue::from_str(value.expose_secret()).map_err(|_| SignInError::Garbage)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The innermost cause, which is the most specific. Without the URL, which may contain a code.
fn unreachable(error: &reqwest::Error) -> SignInError {
    if error.is_timeout() {
        return SignInError::TooSlow;
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    SignInError::Unreachable(cause.to_string())
}

/// Converts the form parameters to JSON.
fn as_json(request: HttpRequest) -> HttpRequest {
    let (mut parts, body) = request.into_parts();
    let mut pairs: Vec<(String, Value)> = form_urlencoded::parse(&body)
        .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
        .collect();
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    pairs.sort_by_key(|(name, _)| place(name).unwrap_or(ORDER.len()));
    let object: Map<String, Value> = pairs.into_iter().collect();
    let json = HeaderValue::from_static("application/json");
    parts.headers.insert(CONTENT_TYPE, json);
    HttpRequest::from_parts(parts, Value::Object(object).to_string().into_bytes())
}

/// Normalises responses of providers to the OAuth format.
fn normalise(answer: &mut Map<String, Value>) {
    for name in ["expires_in", "interval"] {
        if let Some(number) = answer.get(name).and_then(Value::as_f64) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to these bounds"
            )]
            let whole = number.clamp(0.0, 1e9) as u64;
            // An interval of 0 would poll continuously.
            let least = u64::from(name == "interval");
            answer.insert(name.to_owned(), Number::from(whole.max(least)).into());
        }
    }
    // Some providers use the error format of their APIs.
    if let Some(Value::Object(error)) = answer.get("error") {
        let code = ["code", "type"]
            .iter()
            .find_map(|name| error.get(*name)?.as_str());
        let code = code.unwrap_or("error").to_owned();
        answer.insert("error".to_owned(), code.into());
    }
    if let Some(complete) = answer.get("verification_uri_complete").cloned() {
        let address = answer.entry("verification_uri");
        address.or_insert(complete);
    }
    if answer.contains_key("access_token") {
        let bearer = || Value::from("bearer");
        answer.entry("token_type").or_insert_with(bearer);
    }
    if answer.get("refresh_token").and_then(Value::as_str) == Some("") {
        answer.remove("refresh_token");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_becomes_an_object_in_the_order_of_the_providers_program() {
        let form = b"state=s&client_id=c&code=1%2F2&grant_type=g&extra=e".to_vec();

        let request = as_json(HttpRequest::new(form));

        let body = String::from_utf8(request.into_body()).unwrap();
        let expected = r#"{"grant_type":"g","code":"1/2","client_id":"c","state":"s","extra":"e"}"#;
        assert_eq!(body, expected);
    }

    #[test]
    fn nonstandard_responses_are_normalised() {
        let Value::Object(mut answer) = json!({
            "access_token": "a", "expires_in": 900.0, "interval": 0, "refresh_token": "",
        }) else {
            unreachable!()
        };

        normalise(&mut answer);

        let expected = json!({
            "access_token": "a", "expires_in": 900, "interval": 1, "token_type": "bearer",
        });
        assert_eq!(Value::Object(answer), expected);
    }
}
