//! The two cookies of a session: the session token (`HttpOnly`), and the CSRF token, which the front end echoes in a
//! header.

use axum::http::{HeaderMap, header::COOKIE};
use cookie::{Cookie, CookieBuilder, SameSite, time::Duration};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use uuid::Uuid;

/// A `__Host-` cookie cannot be set by a sibling domain; browsers accept it over https only.
const SECURE_SESSION: &str = "__Host-session";
const PLAIN_SESSION: &str = "session";
const CSRF: &str = "csrf_token";
/// The prefix of the cookie of a sign-in at a provider; its id follows.
const LOGIN: &str = "provider-login-";
/// Longer than any sign-in lasts.
const LOGIN_SECONDS: i64 = 30 * 60;

/// Reads and writes the cookies.
#[derive(Clone, Debug)]
pub struct Cookies {
    secure: bool,
    /// The path of `/oauth`, below the path of the public URL.
    login_path: String,
}

impl Cookies {
    /// Cookies for a server with this public URL.
    pub fn new(public_url: &Url) -> Self {
        Self {
            secure: public_url.scheme() == "https",
            login_path: format!("{}/oauth", public_url.path().trim_end_matches('/')),
        }
    }

    /// The session token of a request, if it has one.
    pub fn session(&self, headers: &HeaderMap) -> Option<SecretString> {
        find(headers, self.session_name())
    }

    /// The `Set-Cookie` line that identifies a browser when it returns from a provider. `SameSite=Lax`, because the
    /// redirect comes from the provider's page; it grants no access.
    pub fn begin_login(&self, id: Uuid, state: &str) -> String {
        Cookie::build((login_name(id), state))
            .path(self.login_path.clone())
            .secure(self.secure)
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(Duration::seconds(LOGIN_SECONDS))
            .to_string()
    }

    /// The state of a sign-in that this browser started.
    pub fn login(&self, headers: &HeaderMap, id: Uuid) -> Option<SecretString> {
        find(headers, &login_name(id))
    }

    /// `Set-Cookie` lines that start a session.
    pub fn begin(&self, session: &SecretString, csrf_token: &str, seconds: i64) -> [String; 2] {
        let life = Duration::seconds(seconds);
        [
            self.session_cookie(session.expose_secret())
                .max_age(life)
                .to_string(),
            self.csrf_cookie(csrf_token).max_age(life).to_string(),
        ]
    }

    /// `Set-Cookie` lines that end a session.
    pub fn end(&self) -> [String; 2] {
        [
            self.session_cookie("").max_age(Duration::ZERO).to_string(),
            self.csrf_cookie("").max_age(Duration::ZERO).to_string(),
        ]
    }

    fn session_name(&self) -> &'static str {
        if self.secure {
            SECURE_SESSION
        } else {
            PLAIN_SESSION
        }
    }

    fn session_cookie<'a>(&self, value: &'a str) -> CookieBuilder<'a> {
        self.cookie(self.session_name(), value).http_only(true)
    }

    /// Not `HttpOnly`: the front end reads it.
    fn csrf_cookie<'a>(&self, value: &'a str) -> CookieBuilder<'a> {
        self.cookie(CSRF, value)
    }

    fn cookie<'a>(&self, name: &'static str, value: &'a str) -> CookieBuilder<'a> {
        Cookie::build((name, value))
            .path("/")
            .secure(self.secure)
            .same_site(SameSite::Strict)
    }
}

fn login_name(id: Uuid) -> String {
    format!("{LOGIN}{}", id.simple())
}

fn find(headers: &HeaderMap, name: &str) -> Option<SecretString> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(Cookie::split_parse)
        .flatten()
        .find(|cookie| cookie.name() == name)
        .map(|cookie| SecretString::from(cookie.value()))
}
