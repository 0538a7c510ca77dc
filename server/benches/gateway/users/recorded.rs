//! Checks that every request was recorded exactly once, with its tokens.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use tokio::time::sleep;

use crate::{setup::Administrator, stub::TOTAL_TOKENS};

const RECORD_TIMEOUT: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(200);

/// The requests sent and the requests recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recorded {
    pub(super) sent: usize,
    pub(super) rows: usize,
    pub(super) lost: usize,
    pub(super) tokens: u64,
}

impl Recorded {
    pub(super) fn expected_tokens(self) -> u64 {
        self.sent as u64 * TOTAL_TOKENS
    }

    pub(super) fn complete(self) -> bool {
        self.lost == 0 && self.rows == self.sent && self.tokens == self.expected_tokens()
    }
}

/// Reads the rows until they are complete; rows that are still missing at the deadline count as lost.
pub(super) async fn compare(
    administrator: &Administrator,
    sent_ids: &[String],
) -> anyhow::Result<Recorded> {
    let began = Instant::now();
    loop {
        let recorded = read(administrator, sent_ids).await?;
        if recorded.complete() || began.elapsed() > RECORD_TIMEOUT {
            return Ok(recorded);
        }
        sleep(POLL).await;
    }
}

async fn read(administrator: &Administrator, sent_ids: &[String]) -> anyhow::Result<Recorded> {
    let mut missing: HashSet<&str> = sent_ids.iter().map(String::as_str).collect();
    ensure!(missing.len() == sent_ids.len(), "two requests have one id");
    let mut recorded = Recorded {
        sent: sent_ids.len(),
        rows: 0,
        lost: 0,
        tokens: 0,
    };
    let mut after = String::new();
    loop {
        let query = format!(
            "{{ requests(first: 200{after}) {{ nodes {{ id tokens {{ total }} }} \
             pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let data = administrator.ask(&query).await?;
        let page = &data["requests"];
        for row in page["nodes"].as_array().context("no rows")? {
            recorded.rows += 1;
            recorded.tokens += row["tokens"]["total"].as_u64().unwrap_or_default();
            missing.remove(row["id"].as_str().unwrap_or_default());
        }
        if page["pageInfo"]["hasNextPage"] != true {
            recorded.lost = missing.len();
            return Ok(recorded);
        }
        after = format!(", after: {}", page["pageInfo"]["endCursor"]);
    }
}
