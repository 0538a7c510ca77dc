//! `prices update`: shows what a price list changes, and stores it when approved.

use std::{
    io::{BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use clap::Args;
use entity::price;
use secrecy::ExposeSecret as _;
use url::Url;

use super::{CliError, Done, audit::context, explain_lock, prices::read_storage, terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    config::StorageArguments,
    db::Database,
    domain::{
        prices::{PriceChange, PriceTable, PriceUpdate, Prices},
        usd,
    },
    notify::Addresses,
    price_feed,
};

/// Longer files are refused, in bytes.
const MAX_FILE: u64 = price_feed::MAX_LIST as u64;

/// Updates prices from a list.
#[derive(Debug, Args)]
pub(super) struct UpdatePrices {
    /// A price list: a file, or an address with https.
    #[arg(value_name = "FILE|URL", env = "PRICE_LIST_URL")]
    list: String,

    /// The SHA-256 of the list. Default: that of the file with .sha256 after the list's name, which an address must have.
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,

    /// Store the changes without asking.
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    storage: StorageArguments,
}

impl UpdatePrices {
    pub(super) async fn run(self) -> Done {
        let text = self.text().await?;
        let today = SystemClock.now().date_naive();
        let table = PriceTable::read_any(&text, Some(today)).map_err(anyhow::Error::from)?;
        let storage = read_storage(&self.storage)?;
        let opened = Database::open(storage.database_url.expose_secret(), &storage.data_dir).await;
        let db = opened
            .map_err(|error| explain_lock(error, "use its GraphQL mutation applyPriceUpdate"))?;
        let prices = Prices::load(db.clone(), Arc::new(SystemClock)).await;
        let prices = prices.map_err(anyhow::Error::from)?;
        let update = prices.compare(&table).map_err(anyhow::Error::from)?;
        show(&update);
        if !update.changes.is_empty() {
            if !self.yes && !is_approved()? {
                terminal::print_line("Nothing was stored.");
                db.close().await?;
                return Err(CliError::Reported);
            }
            let context = context("updatePrices");
            let stored = Box::pin(prices.update(&context, &table, &update.digest)).await;
            let stored = stored.map_err(anyhow::Error::from)?;
            terminal::print_line(&format!("Prices added: {}.", stored.added));
        }
        db.close().await?;
        Ok(())
    }

    async fn text(&self) -> Result<String, CliError> {
        if let Ok(url) = self.list.parse::<Url>()
            && url.has_host()
        {
            let addresses = Addresses::new(Vec::new());
            let text = price_feed::download(&addresses, &url, self.sha256.as_deref()).await;
            return Ok(text.map_err(anyhow::Error::from)?);
        }
        Ok(read_file(Path::new(&self.list), self.sha256.as_deref())?)
    }
}

/// A file is verified only if its checksum is given or beside it.
fn read_file(path: &Path, sha256: Option<&str>) -> anyhow::Result<String> {
    let cannot_read = || format!("cannot read {}", path.display());
    let length = std::fs::metadata(path).with_context(cannot_read)?.len();
    anyhow::ensure!(
        length <= MAX_FILE,
        "{} is larger than {MAX_FILE} bytes",
        path.display()
    );
    let list = std::fs::read(path).with_context(cannot_read)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".sha256");
    let beside = std::fs::read_to_string(PathBuf::from(beside)).ok();
    match sha256.map(str::to_owned).or(beside) {
        Some(sha256) => Ok(price_feed::verified(list, &sha256)?),
        None => String::from_utf8(list).context("the price list is not UTF-8"),
    }
}

fn show(update: &PriceUpdate) {
    terminal::print_line(&format!("{}, {}", update.source, update.date));
    for change in &update.changes {
        terminal::print_line(&described(change));
    }
    for price in &update.removed {
        terminal::print_line(&format!("- {} (stays in force)", named(price)));
    }
    for price in &update.kept {
        let source = &price.source;
        terminal::print_line(&format!("  {} is kept: {source}", named(price)));
    }
    terminal::print_line(&format!(
        "Added or changed: {}; no longer listed: {}; kept: {}; unchanged: {}.",
        update.changes.len(),
        update.removed.len(),
        update.kept.len(),
        update.unchanged
    ));
}

fn described(change: &PriceChange) -> String {
    let (name, after) = (named(&change.after), rates(&change.after));
    match &change.before {
        None => format!("+ {name}: {after}"),
        Some(before) => format!("~ {name}: {} -> {after}", rates(before)),
    }
}

fn named(price: &price::Model) -> String {
    match price.provider.as_str() {
        "" => price.model_pattern.clone(),
        provider => format!("{} ({provider})", price.model_pattern),
    }
}

/// Input, cache read, cache write (5 minutes and 1 hour), output, reasoning, per request, per image and per second of video.
fn rates(price: &price::Model) -> String {
    let rates = price.rates();
    let printed = [
        rates.input,
        rates.cache_read,
        rates.cache_write,
        rates.cache_write_1h,
        rates.output,
        rates.reasoning,
        price.per_request,
        price.per_image,
        price.per_video_second,
    ];
    let printed = printed.map(usd::print).join("/");
    match price.conditional_rates {
        Some(_) => format!("{printed} with rates of long prompts or service tiers"),
        None => printed,
    }
}

/// Asks on the terminal. Without one, `--yes` is required.
fn is_approved() -> Result<bool, CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(CliError::Usage(
            "the changes must be approved: run the command on a terminal, or with --yes".to_owned(),
        ));
    }
    let mut output = std::io::stdout();
    let _ = write!(output, "Store these changes? [y/N] ");
    let _ = output.flush();
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("cannot read the answer")?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
