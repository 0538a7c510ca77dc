//! Every request that was made must be in the books, once, with its tokens.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use tokio::time::sleep;

use crate::{setup::Administrator, stub::TOTAL_TOKENS};

const BALANCE_TIMEOUT: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(200);

/// The requests sent and the requests recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Books {
    pub(super) made: usize,
    pub(super) rows: usize,
    pub(super) lost: usize,
    pub(super) tokens: u64,
}

impl Books {
    pub(super) fn expected_tokens(self) -> u64 {
        self.made as u64 * TOTAL_TOKENS
    }

    pub(super) fn balance(self) -> bool {
        self.lost == 0 && self.rows == self.made && self.tokens == self.expected_tokens()
    }
}

/// Reads the rows until they are complete; what is late is lost.
pub(super) async fn compare(
    administrator: &Administrator,
    asked: &[String],
) -> anyhow::Result<Books> {
    let began = Instant::now();
    loop {
        let books = read(administrator, asked).await?;
        if books.balance() || began.elapsed() > BALANCE_TIMEOUT {
            return Ok(books);
        }
        sleep(POLL).await;
    }
}

async fn read(administrator: &Administrator, asked: &[String]) -> anyhow::Result<Books> {
    let mut missing: HashSet<&str> = asked.iter().map(String::as_str).collect();
    ensure!(missing.len() == asked.len(), "two requests have one id");
    let mut books = Books {
        made: asked.len(),
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
            books.rows += 1;
            books.tokens += row["tokens"]["total"].as_u64().unwrap_or_default();
            missing.remove(row["id"].as_str().unwrap_or_default());
        }
        if page["pageInfo"]["hasNextPage"] != true {
            books.lost = missing.len();
            return Ok(books);
        }
        after = format!(", after: {}", page["pageInfo"]["endCursor"]);
    }
}
