//! The authorization response, in any form: a URL, its query, or `code#state`.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

const MAX_LENGTH: usize = 8 * 1024;

/// The provider's response to the authorization request.
#[derive(Debug)]
pub struct AuthorizationResponse {
    pub(super) state: SecretString,
    pub(super) outcome: AuthorizationOutcome,
}

/// The code, or the error.
pub(super) enum AuthorizationOutcome {
    Code(SecretString),
    /// An OAuth error code.
    Refused(String),
}

impl fmt::Debug for AuthorizationOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Code(_) => "Code(…)",
            Self::Refused(_) => "Refused(…)",
        })
    }
}

/// Why a text is not an authorization response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationResponseError {
    #[error(
        "nothing was pasted; after allowing access, copy the whole URL of the page that the browser is redirected to, even if that page does not load"
    )]
    Empty,
    #[error("this is too long for the redirect URL; copy it again from the address bar")]
    TooLong,
    #[error(
        "this URL has no code: it may be the page that asks for consent; copy the URL of the page after it, even if that page does not load"
    )]
    NoCode,
    #[error("this code has no state; copy the whole URL, or code and state as code#state")]
    NoState,
}

impl AuthorizationResponse {
    /// Whether it carries this state.
    pub fn has_state(&self, state: &SecretString) -> bool {
        let (own, other) = (self.state.expose_secret(), state.expose_secret());
        own.as_bytes().ct_eq(other.as_bytes()).into()
    }

    /// Parses a text that a user pasted.
    pub fn pasted(text: &str) -> Result<Self, AuthorizationResponseError> {
        let text = text.trim().trim_matches(['"', '\'', '<', '>', '`']).trim();
        if text.is_empty() {
            return Err(AuthorizationResponseError::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(AuthorizationResponseError::TooLong);
        }
        // Mail programs and terminals may have inserted line breaks.
        let text: String = text.split_whitespace().collect();
        match text.split_once('?') {
            Some((_, query)) => Self::query(query),
            None if is_query(&text) => Self::query(&text),
            None => code_and_state(&text),
        }
    }

    /// Parses the query of the redirect URL.
    pub fn query(query: &str) -> Result<Self, AuthorizationResponseError> {
        if query.len() > MAX_LENGTH {
            return Err(AuthorizationResponseError::TooLong);
        }
        let (query, fragment) = match query.split_once('#') {
            Some((query, fragment)) => (query, Some(fragment)),
            None => (query, None),
        };
        let find = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            let found = pairs.find(|(found, value)| found == name && !value.is_empty());
            found.map(|(_, value)| value.into_owned())
        };
        // The authorization page has a state too, and Claude's even a parameter called `code`.
        if find("code_challenge").is_some() || find("response_type").is_some() {
            return Err(AuthorizationResponseError::NoCode);
        }
        let state = find("state");
        if let Some(error) = find("error") {
            let state = state.ok_or(AuthorizationResponseError::NoState)?;
            return Ok(Self {
                state: state.into(),
                outcome: AuthorizationOutcome::Refused(error),
            });
        }
        let code = find("code").ok_or(AuthorizationResponseError::NoCode)?;
        // Claude's page shows both in one text.
        let (code, fragment_state) = match code.split_once('#') {
            Some((code, state)) => (code.to_owned(), Some(state.to_owned())),
            None => (code, fragment.map(str::to_owned)),
        };
        let fragment_state =
            fragment_state.filter(|fragment_state| state.is_none() && !fragment_state.is_empty());
        let state = fragment_state
            .or(state)
            .ok_or(AuthorizationResponseError::NoState)?;
        Ok(Self {
            state: state.into(),
            outcome: AuthorizationOutcome::Code(code.into()),
        })
    }
}

fn is_query(text: &str) -> bool {
    ["code=", "state=", "error="]
        .iter()
        .any(|name| text.starts_with(name) || text.contains(&format!("&{name}")))
}

fn code_and_state(text: &str) -> Result<AuthorizationResponse, AuthorizationResponseError> {
    if text.contains("://") {
        return Err(AuthorizationResponseError::NoCode);
    }
    let (code, state) = text
        .split_once('#')
        .ok_or(AuthorizationResponseError::NoState)?;
    if code.is_empty() || state.is_empty() {
        return Err(AuthorizationResponseError::NoState);
    }
    Ok(AuthorizationResponse {
        state: state.into(),
        outcome: AuthorizationOutcome::Code(code.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String) {
        let answer = AuthorizationResponse::pasted(text).unwrap();
        let outcome = match &answer.outcome {
            AuthorizationOutcome::Code(code) => code.expose_secret().to_owned(),
            AuthorizationOutcome::Refused(error) => format!("refused: {error}"),
        };
        (outcome, answer.state.expose_secret().to_owned())
    }

    fn both(code: &str, state: &str) -> (String, String) {
        (code.to_owned(), state.to_owned())
    }

    #[test]
    fn an_answer_is_read_however_it_was_copied() {
        for text in [
            "http://localhost:54545/callback?code=a%2Fb&state=s",
            "  \"http://localhost:54545/callback?state=s&code=a%2Fb&scope=x\"\n",
            "http://localhost:54545/callback?code=a%2F\n  b&state=s",
            "?code=a%2Fb&state=s",
            "code=a%2Fb&state=s",
            "state=s&code=a%2Fb",
            "a/b#s",
            "http://localhost:54545/callback?code=a%2Fb%23s",
            "localhost:54545/callback?code=a%2Fb#s",
        ] {
            assert_eq!(read(text), both("a/b", "s"), "{text}");
        }
    }

    #[test]
    fn a_refusal_is_an_answer() {
        let text = "http://localhost:1455/auth/callback?error=access_denied&state=s";

        assert_eq!(read(text), both("refused: access_denied", "s"));
    }

    #[test]
    fn invalid_responses_are_distinguished() {
        for (text, why) in [
            ("", AuthorizationResponseError::Empty),
            (" '' ", AuthorizationResponseError::Empty),
            (
                "https://claude.ai/oauth/authorize?code=true&response_type=code&state=s",
                AuthorizationResponseError::NoCode,
            ),
            (
                "https://claude.ai/login",
                AuthorizationResponseError::NoCode,
            ),
            (
                "http://localhost:54545/callback?code=a",
                AuthorizationResponseError::NoState,
            ),
            ("a-code-alone", AuthorizationResponseError::NoState),
            ("#s", AuthorizationResponseError::NoState),
            (&"x".repeat(10_000), AuthorizationResponseError::TooLong),
        ] {
            assert_eq!(
                AuthorizationResponse::pasted(text).unwrap_err(),
                why,
                "{text}"
            );
        }
    }
}
