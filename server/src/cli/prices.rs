//! `prices`: what tokens cost, for whoever owns the machine.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Args;
use entity::price;
use secrecy::ExposeSecret as _;

use super::{CliError, Done, audit::context, terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    config::{SecretsConfig, StorageArguments, StorageConfig},
    db::{Database, DatabaseInUseError},
    domain::{
        prices::{PriceTable, Prices},
        usd,
    },
};

/// What a file of prices looks like.
pub(super) const FORMAT: &str = concat!(
    r#"FILE:
  { "source": "our contract with Acme", "date": "2027-01-01", "prices": [
      { "model": "acme-*", "input": "3", "cacheRead": "0.30", "output": "15" } ] }

"#,
    "Amounts are US dollars for a million tokens. An entry may also have provider, effectiveFrom (else ",
    "the date), cacheWrite (else as input), reasoning (else as output) and perRequest. Prices are never ",
    "changed: to change one, import another that begins later.\n\n",
    "Stop the server first: it locks its database. While it runs, use createPrice of its GraphQL.",
);

/// The widths of the columns of `list`, but for the last.
const WIDTHS: [usize; 9] = [32, 18, 10, 9, 9, 9, 9, 9, 9];

/// Takes over the prices of a file.
#[derive(Debug, Args)]
pub(super) struct ImportPrices {
    /// A table of prices in JSON.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    storage: StorageArguments,
}

/// Shows the prices that hold.
#[derive(Debug, Args)]
pub(super) struct ListPrices {
    /// Past and future prices too.
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    storage: StorageArguments,
}

impl ImportPrices {
    pub(super) async fn run(self) -> Done {
        let text = std::fs::read_to_string(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        let table = PriceTable::read(&text).map_err(anyhow::Error::from)?;
        let (db, prices) = open(&self.storage).await?;
        let imported = prices.import(&context("importPrices"), &table).await;
        let imported = imported.map_err(anyhow::Error::from)?;
        db.close().await?;
        terminal::say(&format!(
            "Prices added: {}; there already: {}.",
            imported.added, imported.known
        ));
        Ok(())
    }
}

impl ListPrices {
    pub(super) async fn run(self) -> Done {
        let (db, prices) = open(&self.storage).await?;
        let list = prices.current();
        terminal::say(&heading());
        if self.all {
            list.rows().iter().for_each(say);
        } else {
            let now = SystemClock.now();
            list.in_force(now).for_each(say);
        }
        db.close().await?;
        Ok(())
    }
}

async fn open(storage: &StorageArguments) -> Result<(Database, Prices), CliError> {
    let secrets = SecretsConfig::from_environment();
    let storage = StorageConfig::read(storage, &secrets).map_err(CliError::Usage)?;
    let opened = Database::open(storage.database_url.expose_secret(), &storage.data_dir).await;
    let db = opened.map_err(in_use)?;
    let prices = Prices::load(db.clone(), Arc::new(SystemClock))
        .await
        .map_err(anyhow::Error::from)?;
    Ok((db, prices))
}

/// A server keeps its prices in memory: it would not see what is changed behind its back.
fn in_use(error: anyhow::Error) -> anyhow::Error {
    if error.is::<DatabaseInUseError>() {
        return anyhow::anyhow!(
            "a server is running on this database; stop it first, or use its GraphQL: prices and \
             createPrice"
        );
    }
    error
}

fn heading() -> String {
    let titles = [
        "model",
        "provider",
        "from",
        "input",
        "cache r",
        "cache w",
        "output",
        "reasoning",
        "request",
    ];
    columns(&titles.map(str::to_owned), "source")
}

fn line(price: &price::Model) -> String {
    let provider = match price.provider.as_str() {
        "" => "any",
        provider => provider,
    };
    columns(
        &[
            price.model_pattern.clone(),
            provider.to_owned(),
            day(price.effective_from),
            usd::print(price.input_per_million),
            usd::print(price.cache_read_per_million),
            usd::print(price.cache_write_per_million),
            usd::print(price.output_per_million),
            usd::print(price.reasoning_per_million),
            usd::print(price.per_request),
        ],
        &price.source,
    )
}

/// A moment within a day is shown to the second, so that two prices of a day can be told apart.
fn day(time: DateTime<Utc>) -> String {
    let midnight = time.time() == chrono::NaiveTime::MIN;
    let format = if midnight {
        "%Y-%m-%d"
    } else {
        "%Y-%m-%dT%H:%M:%SZ"
    };
    time.format(format).to_string()
}

fn columns(cells: &[String; 9], last: &str) -> String {
    let padded = cells.iter().zip(WIDTHS);
    let padded = padded.map(|(cell, width)| format!("{cell:<width$} "));
    padded.collect::<String>() + last
}

fn say(price: &price::Model) {
    terminal::say(&line(price));
}
