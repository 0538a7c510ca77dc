//! `prices`: shows and imports the prices of tokens.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use clap::Args;
use entity::price::{self, TokenRates};
use secrecy::ExposeSecret as _;

use super::{CliError, Done, audit::context, explain_lock, terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    config::{SecretsConfig, StorageArguments, StorageConfig},
    db::Database,
    domain::{
        prices::{self, PriceTable, Prices},
        usd,
    },
};

/// The format of a price file, for `--help`.
pub(super) const FORMAT: &str = concat!(
    r#"FILE:
  { "source": "our contract with Acme", "date": "2027-01-01", "prices": [
      { "model": "acme-*", "input": "3", "cacheRead": "0.30", "output": "15" } ] }

"#,
    "Amounts are US dollars per million tokens. An entry may also have provider, effectiveFrom (default: ",
    "the date), cacheWrite (default: input), cacheWrite1h (default: cacheWrite), reasoning (default: output), ",
    "perRequest, perImage, perVideoSecond, longPrompts and serviceTiers. Prices are never changed: to change one, import another with a ",
    "later effectiveFrom. LiteLLM's model_prices_and_context_window.json and the api.json of models.dev are read ",
    "too; name the day from which their prices apply with --date.\n\n",
    "Stop the server first: it locks its database. While it runs, use the GraphQL mutation createPrice.",
);

/// The widths of the columns of `list`; the last column has none.
const WIDTHS: [usize; 12] = [32, 18, 10, 9, 9, 9, 10, 9, 9, 9, 9, 9];

/// Imports the prices of a file.
#[derive(Debug, Args)]
pub(super) struct ImportPrices {
    /// A price table in JSON, or the list of `LiteLLM` or models.dev.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The day from which the prices of a list without a date apply.
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<NaiveDate>,

    #[command(flatten)]
    storage: StorageArguments,
}

/// Shows the prices in force.
#[derive(Debug, Args)]
pub(super) struct ListPrices {
    /// Include past and future prices.
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    storage: StorageArguments,
}

impl ImportPrices {
    pub(super) async fn run(self) -> Done {
        let text = std::fs::read_to_string(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        let table = PriceTable::read_any(&text, self.date).map_err(anyhow::Error::from)?;
        let storage = read_storage(&self.storage)?;
        let opened = Database::open(storage.database_url.expose_secret(), &storage.data_dir).await;
        let db =
            opened.map_err(|error| explain_lock(error, "use its GraphQL mutation createPrice"))?;
        let prices = Prices::load(db.clone(), Arc::new(SystemClock)).await;
        let prices = prices.map_err(anyhow::Error::from)?;
        let imported = Box::pin(prices.import(&context("importPrices"), &table)).await;
        let imported = imported.map_err(anyhow::Error::from)?;
        db.close().await?;
        terminal::print_line(&format!(
            "Prices added: {}; already stored: {}.",
            imported.added, imported.known
        ));
        Ok(())
    }
}

impl ListPrices {
    pub(super) async fn run(self) -> Done {
        let storage = read_storage(&self.storage)?;
        let db = Database::open_read_only(storage.database_url.expose_secret()).await?;
        let list = prices::read(&db).await.map_err(anyhow::Error::from)?;
        terminal::print_line(&heading());
        if self.all {
            list.rows().iter().for_each(print);
        } else {
            let now = SystemClock.now();
            list.in_force(now).for_each(print);
        }
        db.close().await?;
        Ok(())
    }
}

pub(super) fn read_storage(arguments: &StorageArguments) -> Result<StorageConfig, CliError> {
    let secrets = SecretsConfig::from_environment();
    StorageConfig::read(arguments, &secrets).map_err(CliError::Usage)
}

fn heading() -> String {
    let titles = [
        "model",
        "provider",
        "from",
        "input",
        "cache r",
        "cache w",
        "cache w 1h",
        "output",
        "reasoning",
        "request",
        "image",
        "video s",
    ];
    columns(&titles.map(str::to_owned), "source")
}

fn line(price: &price::Model) -> String {
    let provider = match price.provider.as_str() {
        "" => "any",
        provider => provider,
    };
    let [
        input,
        cache_read,
        cache_write,
        cache_write_1h,
        output,
        reasoning,
    ] = printed(price.rates());
    columns(
        &[
            price.model_pattern.clone(),
            provider.to_owned(),
            effective_from(price.effective_from),
            input,
            cache_read,
            cache_write,
            cache_write_1h,
            output,
            reasoning,
            usd::print(price.per_request),
            usd::print(price.per_image),
            usd::print(price.per_video_second),
        ],
        &price.source,
    )
}

fn printed(rates: TokenRates) -> [String; 6] {
    [
        rates.input,
        rates.cache_read,
        rates.cache_write,
        rates.cache_write_1h,
        rates.output,
        rates.reasoning,
    ]
    .map(usd::print)
}

/// The rates of long prompts and service tiers, a line each.
fn conditional_lines(price: &price::Model) -> Vec<String> {
    let Some(conditional) = &price.conditional_rates else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let mut add = |name: String, rates: TokenRates| {
        let [
            input,
            cache_read,
            cache_write,
            cache_write_1h,
            output,
            reasoning,
        ] = printed(rates);
        let none = String::new;
        let cells = [
            format!("  {name}"),
            none(),
            none(),
            input,
            cache_read,
            cache_write,
            cache_write_1h,
            output,
            reasoning,
            none(),
            none(),
            none(),
        ];
        lines.push(columns(&cells, "").trim_end().to_owned());
    };
    for long in &conditional.long_prompts {
        add(format!("above {} tokens", long.above), long.rates);
    }
    for tier in &conditional.service_tiers {
        let name = format!("{:?}", tier.tier).to_uppercase();
        add(name.clone(), tier.rates);
        for long in &tier.long_prompts {
            add(format!("{name} above {} tokens", long.above), long.rates);
        }
    }
    lines
}

/// Times other than midnight are printed to the second, so that two prices of one day differ.
fn effective_from(time: DateTime<Utc>) -> String {
    let midnight = time.time() == chrono::NaiveTime::MIN;
    let format = if midnight {
        "%Y-%m-%d"
    } else {
        "%Y-%m-%dT%H:%M:%SZ"
    };
    time.format(format).to_string()
}

fn columns(cells: &[String; 12], last: &str) -> String {
    let padded = cells.iter().zip(WIDTHS);
    let padded = padded.map(|(cell, width)| format!("{cell:<width$} "));
    padded.collect::<String>() + last
}

fn print(price: &price::Model) {
    terminal::print_line(&line(price));
    for line in conditional_lines(price) {
        terminal::print_line(&line);
    }
}
