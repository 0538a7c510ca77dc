//! A caller of the control plane: a browser with its cookies, or a program with a token.

use std::net::SocketAddr;

use reqwest::{
    RequestBuilder, Response,
    header::{HeaderMap, HeaderName, HeaderValue, SET_COOKIE},
};
use serde_json::{Value, json};

/// A caller of the control plane.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) address: SocketAddr,
    pub(crate) headers: HeaderMap,
    http: reqwest::Client,
}

impl Caller {
    /// An anonymous caller.
    pub(crate) fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            address,
            headers: HeaderMap::new(),
            http,
        }
    }

    /// The same with a token or key.
    pub(crate) fn with_bearer(self, secret: &str) -> Self {
        self.with("authorization", &format!("Bearer {secret}"))
    }

    /// The same with one more header, in place of one of that name.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).unwrap();
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// The same without a header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// The value of `X-CSRF-Token`.
    pub(crate) fn csrf_token(&self) -> &str {
        self.headers["x-csrf-token"].to_str().unwrap()
    }

    /// Signs in and keeps the cookies. Returns the answer's `Set-Cookie` lines.
    pub(crate) async fn sign_in(&mut self, password: &str) -> Vec<String> {
        let query = "mutation($password: String!) {
            login(password: $password) { session { csrfToken } }
        }";
        let answer = self.post(query, json!({ "password": password })).await;
        let lines = cookie_lines(&answer);
        let body: Value = answer.json().await.unwrap();
        let csrf_token = &body["data"]["login"]["session"]["csrfToken"];
        let csrf_token = csrf_token.as_str();
        self.keep(
            &lines,
            csrf_token.unwrap_or_else(|| panic!("no session: {body}")),
        );
        lines
    }

    /// Keeps cookies, as browsers do, and the token.
    pub(crate) fn keep(&mut self, lines: &[String], csrf_token: &str) {
        let pairs: Vec<&str> = lines
            .iter()
            .filter_map(|line| line.split(';').next())
            .collect();
        let cookies = HeaderValue::from_str(&pairs.join("; ")).unwrap();
        self.headers.insert("cookie", cookies);
        self.headers
            .insert("x-csrf-token", HeaderValue::from_str(csrf_token).unwrap());
    }

    /// Runs an operation.
    pub(crate) async fn ask(&self, query: &str) -> Value {
        self.ask_with(query, json!({})).await
    }

    /// Runs an operation with variables.
    pub(crate) async fn ask_with(&self, query: &str, variables: Value) -> Value {
        self.post(query, variables).await.json().await.unwrap()
    }

    /// Sends an operation.
    pub(crate) async fn post(&self, query: &str, variables: Value) -> Response {
        let body = json!({ "query": query, "variables": variables });
        let request = self.request(reqwest::Method::POST, "/graphql");
        request.json(&body).send().await.unwrap()
    }

    /// Fetches a page.
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(reqwest::Method::GET, path)
            .send()
            .await
            .unwrap()
    }

    /// A request of the caller's.
    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.http.request(method, url).headers(self.headers.clone())
    }
}

/// The `Set-Cookie` lines of an answer.
pub(crate) fn cookie_lines(answer: &Response) -> Vec<String> {
    let lines = answer.headers().get_all(SET_COOKIE);
    lines
        .iter()
        .map(|line| line.to_str().unwrap().to_owned())
        .collect()
}

/// The code of an answer's first error; empty when there is none.
pub(crate) fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_default()
}
