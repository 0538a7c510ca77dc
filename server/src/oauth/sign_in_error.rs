//! Errors of sign-ins, with causes and remedies. Texts of providers are not repeated, except short codes: they may
//! contain parts of the request.

use super::provider::OAuthProvider;

const MAX_CODE: usize = 60;

/// Why a sign-in failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SignInError {
    #[error("cannot be reached ({0})")]
    Unreachable(String),
    #[error("did not respond in time")]
    TooSlow,
    #[error("sent a response that is too large")]
    TooLarge,
    #[error("sent a redirect")]
    Redirected,
    #[error("sent an invalid response")]
    Garbage,
    #[error("answered with status {0}")]
    Status(u16),
    #[error("consent was denied")]
    Denied,
    #[error("the code has expired")]
    Expired,
    /// An OAuth error code.
    #[error("refused ({0})")]
    Refused(String),
    #[error("issued no refresh token")]
    NoRefreshToken,
    #[error("the account has no subscription")]
    NoSubscription,
    #[error("{0}")]
    Engine(String),
    #[error("the {0} is unknown")]
    NotConfigured(&'static str),
}

impl SignInError {
    /// An error with the provider's code, sanitised.
    pub(super) fn refused(code: &str) -> Self {
        let harmless = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let code: String = code.chars().filter(harmless).take(MAX_CODE).collect();
        match code.as_str() {
            "access_denied" => Self::Denied,
            "expired_token" => Self::Expired,
            _ => Self::Refused(code),
        }
    }

    /// Whether a retry may succeed.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TooSlow => true,
            Self::Status(status) => *status >= 500 || *status == 429,
            Self::TooLarge
            | Self::Redirected
            | Self::Garbage
            | Self::Denied
            | Self::Expired
            | Self::Refused(_)
            | Self::NoRefreshToken
            | Self::NoSubscription
            | Self::Engine(_)
            | Self::NotConfigured(_) => false,
        }
    }

    /// The message for the user who signs in.
    pub(super) fn message(&self, provider: &OAuthProvider) -> String {
        let name = provider.display_name;
        let variable = provider.name.to_uppercase();
        match self {
            Self::Unreachable(why) => format!(
                "{name} cannot be reached from this server ({why}); check its network and proxy, then start again"
            ),
            Self::TooSlow => format!("{name} did not respond in time; start again in a moment"),
            Self::TooLarge | Self::Redirected | Self::Garbage => format!(
                "{name} {self}; start again; if it fails again, check OAUTH_{variable}_TOKEN_URL and any proxy in between"
            ),
            Self::Status(403) => format!(
                "{name} answered with status 403, which its bot protection does; set OAUTH_{variable}_VIA=engine, or use an API key or an imported auth file"
            ),
            Self::Status(status) => {
                format!("{name} answered with status {status}; start again in a moment")
            }
            Self::Denied => format!(
                "consent was denied at {name}; start again and allow access, with the right account"
            ),
            Self::Expired => {
                format!("the code was not confirmed at {name} in time; start again for a new one")
            }
            Self::Refused(code) => refusal(name, &variable, code),
            Self::NoRefreshToken => format!(
                "{name} issued no refresh token, so the account would expire soon; allow offline access in OAUTH_{variable}_SCOPES"
            ),
            Self::NoSubscription => format!(
                "this account has no {name} subscription, or its organisation does not allow it; use another account"
            ),
            Self::Engine(why) => format!("the engine could not sign in at {name}: {why}"),
            Self::NotConfigured(what) => format!(
                "the {what} of {name} is unknown; set it with the OAUTH_{variable}_… variables"
            ),
        }
    }
}

fn refusal(name: &str, variable: &str, code: &str) -> String {
    let remedy = match code {
        "invalid_grant" | "bad_verification_code" | "incorrect_device_code" => {
            "the code is invalid, has expired or was used already; start again"
        }
        "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" => {
            return format!(
                "{name} rejected the OAuth client ({code}); check OAUTH_{variable}_CLIENT_ID and OAUTH_{variable}_CLIENT_SECRET"
            );
        }
        "redirect_uri_mismatch" => {
            "register PUBLIC_URL/oauth/{provider}/callback with the OAuth client, exactly as it is"
        }
        "invalid_scope" => "check the scopes of the OAuth client",
        _ => "start again",
    };
    format!("{name} rejected the sign-in ({code}): {remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_writes_is_made_harmless() {
        let fault = SignInError::refused("<script>alert(1)</script> sk-canary\n");

        assert_eq!(
            fault,
            SignInError::Refused("scriptalert1scriptsk-canary".to_owned())
        );
        assert_eq!(SignInError::refused("access_denied"), SignInError::Denied);
    }
}
