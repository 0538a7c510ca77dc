//! An administrator at the GraphQL of a server that runs as a program.

use serde_json::{Value, json};

/// Signed in.
#[derive(Clone)]
pub(crate) struct Operator {
    http: reqwest::Client,
    url: String,
    pub(crate) session: String,
    csrf: String,
}

impl Operator {
    pub(crate) async fn sign_in(url: &str, password: &str) -> Result<Self, Value> {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let login = json!({
            "query": "mutation($password: String!) { login(password: $password) { session { __typename } } }",
            "variables": {"password": password},
        });
        let answer = http
            .post(format!("{url}/graphql"))
            .json(&login)
            .send()
            .await;
        let answer = answer.unwrap();
        let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
        let cookie = |name: &str| {
            let lines = cookies.iter().map(|line| line.to_str().unwrap());
            let mut values = lines.filter_map(|line| line.strip_prefix(name)?.split(';').next());
            values.next().unwrap_or_default().to_owned()
        };
        let (session, csrf) = (cookie("session="), cookie("csrf_token="));
        let answer: Value = answer.json().await.unwrap();
        if let Some(error) = answer["errors"].get(0) {
            return Err(error.clone());
        }
        Ok(Self {
            http,
            url: url.to_owned(),
            session,
            csrf,
        })
    }

    /// The same session at another address.
    pub(crate) fn at(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    /// The response of the server, with errors.
    pub(crate) async fn answer(&self, query: &str, variables: Value) -> Value {
        let request = self.http.post(format!("{}/graphql", self.url));
        let cookies = format!("session={}; csrf_token={}", self.session, self.csrf);
        let request = request
            .header("cookie", cookies)
            .header("x-csrf-token", &self.csrf)
            .json(&json!({"query": query, "variables": variables}));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The data that the server answers.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.answer(query, variables).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].take()
    }

    /// A new user's key.
    pub(crate) async fn issue_key(&self) -> String {
        let query = "mutation { createUser(input: {name: \"Ada\"}) { secret } }";
        let data = self.ask(query, json!({})).await;
        data["createUser"]["secret"].as_str().unwrap().to_owned()
    }

    /// Disables rate limits, on a server with default settings.
    pub(crate) async fn lift_rate_limit(&self) {
        let query = "mutation { updateSettings(input: {defaultRateLimit: {}}, expectedVersion: 0) \
            { __typename } }";
        self.ask(query, json!({})).await;
    }

    /// Limits the only user to so many tokens in total.
    pub(crate) async fn set_token_quota(&self, limit: i64) {
        self.set_quota("TOKENS", limit.into()).await;
    }

    /// Limits the only user in total.
    pub(crate) async fn set_quota(&self, metric: &str, limit: Value) {
        let users = self.ask("{ users { nodes { id } } }", json!({})).await;
        let query = "mutation($user: ID!, $metric: QuotaMetric!, $limit: QuotaAmount!) { setQuotas(input: \
            {userId: $user, quotas: [{metric: $metric, limit: $limit, window: LIFETIME}]}) { __typename } }";
        let user = &users["users"]["nodes"][0]["id"];
        let variables = json!({"user": user, "metric": metric, "limit": limit});
        self.ask(query, variables).await;
    }

    /// A script's token.
    pub(crate) async fn issue_token(&self) -> String {
        let query = "mutation { createApiToken(input: {name: \"script\"}) { secret } }";
        let data = self.ask(query, json!({})).await;
        data["createApiToken"]["secret"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The latest requests, with what tests ask of them.
    pub(crate) async fn requests(&self) -> Vec<Value> {
        let query = "{ requests(first: 200) { nodes { id outcome httpStatus errorCode tokens { total } } } }";
        let data = self.ask(query, json!({})).await;
        data["requests"]["nodes"].as_array().unwrap().clone()
    }

    /// The request with this id, once it is recorded.
    pub(crate) async fn request(&self, id: &str) -> Option<Value> {
        let requests = self.requests().await;
        requests.into_iter().find(|request| request["id"] == id)
    }
}
