//! A server of price lists, whose files tests replace.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Body, extract::State, http::Response, http::Uri};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::scripted;

type Files = Arc<Mutex<HashMap<String, (u16, Vec<u8>)>>>;

/// Serves files by their path.
#[derive(Clone)]
pub(crate) struct PriceListServer {
    pub(crate) address: SocketAddr,
    files: Files,
}

impl PriceListServer {
    pub(crate) async fn start() -> Self {
        let files = Files::default();
        let answer = async |State(files): State<Files>, uri: Uri| {
            let found = files.lock().unwrap().get(uri.path()).cloned();
            let (status, body) = found.unwrap_or((404, Vec::new()));
            let response = Response::builder().status(status);
            // The body of a redirect is its target.
            let response = match String::from_utf8(body.clone()) {
                Ok(target) if status == 302 => response.header("location", target),
                _ => response,
            };
            response.body(Body::from(body)).unwrap()
        };
        let app = Router::new().fallback(answer).with_state(files.clone());
        let address = scripted(app).await;
        Self { address, files }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/prices.json", self.address)
    }

    pub(crate) fn put(&self, path: &str, status: u16, body: &[u8]) {
        let mut files = self.files.lock().unwrap();
        files.insert(path.to_owned(), (status, body.to_vec()));
    }

    /// Publishes a list with its checksum.
    pub(crate) fn publish(&self, date: &str, prices: &Value) {
        let list = json!({ "source": "Acme's list", "date": date, "prices": prices }).to_string();
        self.publish_text(&list);
    }

    pub(crate) fn publish_text(&self, list: &str) {
        let sum = format!("{}  prices.json\n", hex::encode(Sha256::digest(list)));
        self.put("/prices.json", 200, list.as_bytes());
        self.put("/prices.json.sha256", 200, sum.as_bytes());
    }
}
