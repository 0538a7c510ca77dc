//! Clients that ask again and again while something is killed.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{TestEnvironment, User, environment::request_id};
use crate::support::{
    eventually,
    protocol::{Delivery, Protocol},
};

const CLIENTS: usize = 8;

/// Clients who are at it.
pub(super) struct Load {
    whole: Arc<AtomicUsize>,
    stop: CancellationToken,
    clients: JoinSet<Vec<Answered>>,
}

/// A request that got an answer, whole or not.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub(super) id: String,
    pub(super) is_whole: bool,
}

impl Load {
    pub(super) fn begin(environment: &TestEnvironment, user: &User) -> Self {
        let (whole, stop) = (Arc::<AtomicUsize>::default(), CancellationToken::new());
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let delivery = if number % 2 == 0 {
                Delivery::Whole
            } else {
                Delivery::Streamed
            };
            let path = Protocol::Chat.path(delivery);
            let body = Protocol::Chat.body(delivery, "usage:chunks=5,delay_ms=5");
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let request = http.post(format!("{}{path}", environment.server.url));
            let request = request.bearer_auth(&user.key).json(&body);
            clients.spawn(client(request, stop.clone(), whole.clone()));
        }
        Self {
            whole,
            stop,
            clients,
        }
    }

    /// Waits for this many more whole answers.
    pub(super) async fn answers(&self, count: usize) {
        let goal = self.whole.load(Ordering::Relaxed) + count;
        let reached = async || (self.whole.load(Ordering::Relaxed) >= goal).then_some(());
        eventually("answers", reached).await;
    }

    /// Ends it; answers every request that had an answer.
    pub(super) async fn end(self) -> Vec<Answered> {
        self.stop.cancel();
        self.clients.join_all().await.concat()
    }
}

async fn client(
    request: reqwest::RequestBuilder,
    stop: CancellationToken,
    whole: Arc<AtomicUsize>,
) -> Vec<Answered> {
    let mut answered = Vec::new();
    while !stop.is_cancelled() {
        // Without a response the server is gone.
        let Ok(answer) = request.try_clone().unwrap().send().await else {
            break;
        };
        let (id, is_good) = (request_id(&answer), answer.status() == 200);
        let text = answer.text().await.unwrap_or_default();
        // What is cut has neither; a stream that is cut has an error in place of its end.
        let is_ended = text.contains("[DONE]") || text.ends_with('}');
        let is_whole = is_good && is_ended && !text.contains("\"error\"");
        whole.fetch_add(usize::from(is_whole), Ordering::Relaxed);
        answered.push(Answered { id, is_whole });
    }
    answered
}
