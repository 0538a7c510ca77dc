//! The support bundle: an archive of the doctor's report, versions, configuration and row counts. It contains no
//! secrets, names or prompts.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use nix::sys::utsname::uname;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Context, DoctorReport, Redaction, display_url};
use crate::{
    config::{Config, EngineConfig},
    db::{Database, SchemaVersion, steps},
    domain::{backups, settings},
    engine::TESTED_VERSION,
};

/// How much of the end of a log is included.
const LOG_BYTES: u64 = 256 * 1024;
const FOLDER: &str = "proxypal-support";
const README: &str = "\
Created by `proxypal-server support-bundle`. Review it before you send it.

doctor.json         the checks of `proxypal-server doctor`
version.json        versions of the server, the engine and the operating system
configuration.json  the options; of secrets only whether they are set
database.json       the applied migrations and the row count of each table
settings.json       numbers, switches and choices of the settings; no free text
log.txt             the end of the log given by --log; keys, tokens and e-mail addresses are redacted

Not included: passwords, keys, tokens, cookies, names and e-mail addresses of people, responses of providers,
prompts, and the rows of all tables.
";

/// The files of an archive.
#[derive(Debug)]
pub struct Bundle {
    files: Vec<(&'static str, Vec<u8>)>,
    made_at: u64,
}

impl Bundle {
    /// Collects the files. What cannot be read is replaced by the reason.
    pub async fn collect(
        context: &Context,
        report: &DoctorReport,
        redaction: &Redaction,
        log: Option<&Path>,
    ) -> io::Result<Self> {
        let storage = &context.config.storage;
        let url = storage.database_url.expose_secret();
        let (database, settings) = match Database::open_any_version(url).await {
            Ok(Some(database)) => {
                let summary = (rows(&database).await, settings_summary(&database).await);
                // Read-only: nothing can be lost.
                let _ = database.close().await;
                summary
            }
            Ok(None) => (json!("does not exist yet"), Value::Null),
            Err(error) => (
                json!(redaction.of_known(&format!("{error:#}"))),
                Value::Null,
            ),
        };
        let mut files = vec![
            ("README.txt", README.as_bytes().to_vec()),
            ("doctor.json", pretty(report)?),
            ("version.json", pretty(&versions())?),
            ("configuration.json", pretty(&configuration(context))?),
            ("database.json", pretty(&database)?),
            ("settings.json", pretty(&settings)?),
        ];
        if let Some(log) = log {
            files.push(("log.txt", redaction.of_foreign(&tail(log)?).into_bytes()));
        }
        Ok(Self {
            files,
            made_at: context.clock.now().timestamp().try_into().unwrap_or(0),
        })
    }
}

/// Writes the archive.
pub fn write(bundle: &Bundle, output: impl Write) -> io::Result<()> {
    let mut archive = tar::Builder::new(GzEncoder::new(output, Compression::default()));
    for (name, content) in &bundle.files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(bundle.made_at);
        header.set_cksum();
        archive.append_data(&mut header, format!("{FOLDER}/{name}"), content.as_slice())?;
    }
    archive.into_inner()?.finish()?.flush()
}

fn versions() -> Value {
    let machine = uname().ok();
    let machine = machine.as_ref().map(|system| {
        let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
        json!({
            "system": text(system.sysname()),
            "release": text(system.release()),
            "machine": text(system.machine()),
        })
    });
    json!({
        "server": env!("CARGO_PKG_VERSION"),
        "tested_engine_version": TESTED_VERSION,
        "machine": machine,
    })
}

fn configuration(context: &Context) -> Value {
    let config = &context.config;
    let networks = |list: &[ipnet::IpNet]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "listen": config.listen,
        "public_url": context.has_public_url.then(|| display_url(&config.public_url)),
        "trusted_proxies": networks(&config.trusted_proxies),
        "notification_networks": networks(&config.notification_networks),
        "price_list": config.price_list.as_ref().map(display_url),
        "cors_allowed_origins": config.cors_allowed_origins.len(),
        "shutdown_grace_seconds": config.shutdown_grace.as_secs(),
        "log": { "level": config.log.level, "format": format!("{:?}", config.log.format) },
        "data_dir": config.storage.data_dir,
        "database": scheme(config.storage.database_url.expose_secret()),
        "engine": engine(config),
        "engine_auth_dir": config.auth_dir,
        "secrets": secrets(config),
    })
}

fn engine(config: &Config) -> Value {
    match &config.engine {
        EngineConfig::Managed { binary } => json!({ "kind": "managed", "binary": binary }),
        EngineConfig::External {
            url,
            management_key,
            ..
        } => json!({
            "kind": "external",
            "url": display_url(url),
            "has_management_key": management_key.is_some(),
        }),
        EngineConfig::Demo => json!({ "kind": "demo" }),
    }
}

/// Which secrets are set, without their values.
fn secrets(config: &Config) -> BTreeMap<String, bool> {
    let storage = &config.storage;
    let mut set: BTreeMap<String, bool> = [
        ("ADMIN_PASSWORD", config.admin_password.is_some()),
        ("BACKUP_PASSPHRASE", config.backup_passphrase.is_some()),
        ("ENCRYPTION_KEY", storage.encryption_key.is_some()),
        ("ENCRYPTION_KEY_PREVIOUS", !storage.previous_keys.is_empty()),
    ]
    .map(|(name, is_set)| (name.to_owned(), is_set))
    .into();
    set.extend(
        config
            .oauth
            .keys()
            .map(|kind| (format!("OAUTH ({kind:?})"), true)),
    );
    set
}

async fn rows(database: &Database) -> Value {
    let version = database.schema_version().await;
    let migrations = steps(database.reader()).await.unwrap_or_default();
    let counts = match version {
        Ok(SchemaVersion::Current) => backups::row_counts(database).await.ok(),
        Ok(_) | Err(_) => None,
    };
    let counts: Option<BTreeMap<_, _>> = counts.map(|counts| counts.into_iter().collect());
    json!({ "migrations": migrations, "rows": counts })
}

async fn settings_summary(database: &Database) -> Value {
    let summary = settings::summary(database).await;
    summary.unwrap_or_else(|_| json!("cannot be read"))
}

/// The end of a file, starting at a line.
fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let skipped = length.saturating_sub(LOG_BYTES);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let from_line = text.split_once('\n').map_or("", |(_, rest)| rest);
    Ok(if skipped == 0 { &*text } else { from_line }.to_owned())
}

fn scheme(url: &str) -> &str {
    url.split(':').next().unwrap_or_default()
}

fn pretty(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(text)
}
