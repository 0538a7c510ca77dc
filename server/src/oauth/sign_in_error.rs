//! Errors of sign-ins, with causes and remedies. Texts of providers are not repeated, except short codes: they may
//! contain parts of the request.

use super::provider::OAuthProvider;

const LONGEST_CODE: usize = 60;

/// Why a sign-in did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SignInError {
    #[error("cannot be reached ({0})")]
    Unreachable(String),
    #[error("did not answer in time")]
    TooSlow,
    #[error("answered more than an answer can have")]
    TooLarge,
    #[error("sent us elsewhere")]
    Redirected,
    #[error("sent an invalid response")]
    Garbage,
    #[error("answered with status {0}")]
    Status(u16),
    #[error("consent was denied")]
    Denied,
    #[error("the code has expired")]
    Expired,
    /// An error code of the protocol.
    #[error("refused ({0})")]
    Refused(String),
    #[error("gave no refresh token")]
    NoRefreshToken,
    #[error("the account has no subscription")]
    NoSubscription,
    #[error("{0}")]
    Engine(String),
    #[error("the address of the {0} is not known")]
    NotConfigured(&'static str),
}

impl SignInError {
    /// A refusal with the code that a provider gave, made harmless.
    pub(super) fn refused(code: &str) -> Self {
        let harmless = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let code: String = code.chars().filter(harmless).take(LONGEST_CODE).collect();
        match code.as_str() {
            "access_denied" => Self::Denied,
            "expired_token" => Self::Expired,
            _ => Self::Refused(code),
        }
    }

    /// Whether asking again later may help.
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
    pub(super) fn words(&self, provider: &OAuthProvider) -> String {
        let name = provider.display_name;
        let variable = provider.name.to_uppercase();
        match self {
            Self::Unreachable(why) => format!(
                "{name} cannot be reached from this server ({why}); check its network and proxy, then start again"
            ),
            Self::TooSlow => format!("{name} did not answer in time; start again in a moment"),
            Self::TooLarge | Self::Redirected | Self::Garbage => format!(
                "{name} {self}; start again, and if that does not help check OAUTH_{variable}_TOKEN_URL and any proxy in between"
            ),
            Self::Status(403) => format!(
                "{name} answered with status 403, as its protection against robots does; set OAUTH_{variable}_VIA=engine, or use an API key or an imported auth file"
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
                "{name} gave no refresh token, so the account would soon end; allow offline access among OAUTH_{variable}_SCOPES"
            ),
            Self::NoSubscription => format!(
                "this account has no subscription to {name}, or its organisation does not allow it; use another account"
            ),
            Self::Engine(why) => format!("the engine could not sign in at {name}: {why}"),
            Self::NotConfigured(what) => format!(
                "this server does not know {name}'s {what}; set it among the OAUTH_{variable}_… variables"
            ),
        }
    }
}

fn refusal(name: &str, variable: &str, code: &str) -> String {
    let remedy = match code {
        "invalid_grant" | "bad_verification_code" | "incorrect_device_code" => {
            "the code is wrong, too old or was used already; start again"
        }
        "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" => {
            return format!(
                "{name} does not accept the OAuth client ({code}); check OAUTH_{variable}_CLIENT_ID and OAUTH_{variable}_CLIENT_SECRET"
            );
        }
        "redirect_uri_mismatch" => {
            "register PUBLIC_URL/oauth/{provider}/callback with the OAuth client, exactly as it is"
        }
        "invalid_scope" => "check the scopes of the OAuth client",
        _ => "start again",
    };
    format!("{name} refused the sign-in ({code}): {remedy}")
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
