//! The options of the command line and the environment, as text. Their comments are the text of `--help`.

use clap::Args;

/// The options of the server.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The address to listen on. 0.0.0.0 makes the server reachable from other machines.
    #[arg(
        long,
        env = "HOST",
        default_value = "127.0.0.1",
        value_name = "ADDRESS"
    )]
    pub host: String,

    /// The port to listen on; 0 chooses a free one.
    #[arg(long, env = "PORT", default_value = "3000", value_name = "PORT")]
    pub port: String,

    /// The URL of this server for browsers and tools, such as <https://ai.example.org>. Used in set-up snippets; with
    /// https, cookies are secure. Default: the listen address.
    #[arg(long, env = "PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Networks of reverse proxies whose X-Forwarded-For is trusted, separated by commas. Default: none.
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        default_value = "",
        hide_default_value = true,
        value_name = "CIDR,…"
    )]
    pub trusted_proxies: String,

    /// Web origins allowed to call /v1 from a browser (CORS), separated by commas. Default: none.
    #[arg(
        long,
        env = "CORS_ALLOWED_ORIGINS",
        default_value = "",
        hide_default_value = true,
        value_name = "ORIGIN,…"
    )]
    pub cors_allowed_origins: String,

    /// The most open connections per client address (IPv6: per /64); 0 is unlimited. Connections from this machine
    /// and from `TRUSTED_PROXIES` are not counted.
    #[arg(
        long,
        env = "CONNECTIONS_PER_ADDRESS",
        default_value = "512",
        value_name = "NUMBER"
    )]
    pub connections_per_address: String,

    /// Private networks that notification webhooks may reach, separated by commas. Default: none (prevents SSRF).
    #[arg(
        long,
        env = "NOTIFICATION_NETWORKS",
        default_value = "",
        hide_default_value = true,
        value_name = "CIDR,…"
    )]
    pub notification_networks: String,

    /// The address of a price list that administrators may update the prices from, by https. A file with its SHA-256 is
    /// beside it, with .sha256 after its name. Default: none.
    #[arg(long, env = "PRICE_LIST_URL", value_name = "URL")]
    pub price_list_url: Option<String>,

    /// How long requests in flight may continue after a stop signal, in seconds.
    #[arg(
        long,
        env = "SHUTDOWN_GRACE",
        default_value = "25",
        value_name = "SECONDS"
    )]
    pub shutdown_grace: String,

    /// The start while another server runs on the same PostgreSQL database: off (it fails) or wait (on standby, to take over
    /// within 10 seconds after that server has ended). wait requires `ENCRYPTION_KEY`, the same for both.
    #[arg(long, env = "STANDBY", default_value = "off", value_name = "MODE")]
    pub standby: String,

    /// When the journal of requests is synced to the disk: off, group (one sync for all requests of 5 ms) or always
    /// (before a request continues). Without a sync, a power failure loses the latest requests; a killed server does not.
    #[arg(long, env = "JOURNAL_SYNC", default_value = "off", value_name = "WHEN")]
    pub journal_sync: String,

    #[command(flatten)]
    pub storage: StorageArguments,

    #[command(flatten)]
    pub engine: EngineArguments,

    #[command(flatten)]
    pub watch: MonitoringArguments,

    #[command(flatten)]
    pub log: LogArguments,
}

/// Data directory and database.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Data")]
pub struct StorageArguments {
    /// The directory of the database, the engine and generated keys.
    #[arg(
        long,
        env = "DATA_DIR",
        default_value = "./data",
        value_name = "DIRECTORY"
    )]
    pub data_dir: String,

    /// The database: sqlite://… or postgres://…. Default: proxypal.db in the data directory.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// The file of an SQLite database, as a short form of `DATABASE_URL`.
    #[arg(long, env = "DATABASE_PATH", value_name = "FILE")]
    pub database_path: Option<String>,
}

/// The engine.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Engine")]
pub struct EngineArguments {
    /// managed: run CLIProxyAPI as a child process; external: use an engine that runs elsewhere; demo: canned text.
    #[arg(long, env = "ENGINE", default_value = "managed", value_name = "KIND")]
    pub engine: String,

    /// The engine's program (managed). Default: cli-proxy-api in PATH, else the one that `engine install` installed.
    #[arg(long, env = "ENGINE_BINARY", value_name = "FILE")]
    pub engine_binary: Option<String>,

    /// The URL of the list of the engine's releases for updates (managed), in the format of GitHub's API.
    /// Default: the releases of the project.
    #[arg(long, env = "ENGINE_RELEASES_URL", value_name = "URL")]
    pub engine_releases_url: Option<String>,

    /// The directory of the auth files that pass signed-in accounts to the engine (managed); do not share it.
    /// Default: a directory in memory (/dev/shm), so that no plain-text token is on a disk; without /dev/shm, one in the
    /// data directory.
    #[arg(long, env = "ENGINE_AUTH_DIR", value_name = "DIRECTORY")]
    pub engine_auth_dir: Option<String>,

    /// How many accounts may have an engine process of their own (managed): those with a stop line, with a limit of requests at
    /// a time, or in an account group. Each takes about 20 MB of memory, and up to 100 MB under load. 0: none.
    #[arg(
        long,
        env = "ENGINE_DEDICATED_MAX",
        default_value = "32",
        value_name = "NUMBER"
    )]
    pub engine_dedicated_max: String,

    /// The URL of the engine (external). Its keys are ENGINE_API_KEY and ENGINE_MANAGEMENT_KEY.
    #[arg(long, env = "ENGINE_URL", value_name = "URL")]
    pub engine_url: Option<String>,
}

/// Metrics and traces.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Monitoring")]
pub struct MonitoringArguments {
    /// The address of a separate listener for /metrics, such as 127.0.0.1:9464. An address that other machines can
    /// reach requires `METRICS_TOKEN`, with which /metrics is also served on PORT. Default: no separate listener.
    #[arg(long, env = "METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<String>,

    /// The OTLP/HTTP endpoint of an OpenTelemetry collector, such as <http://127.0.0.1:4318>. docs/traces.md lists the
    /// other supported variables. Default: no traces.
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub otlp_endpoint: Option<String>,

    /// The complete URL for traces. Default: the endpoint followed by /v1/traces.
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub otlp_traces_endpoint: Option<String>,

    /// The protocol for traces; only http/protobuf is supported.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_PROTOCOL", value_name = "PROTOCOL")]
    pub otlp_protocol: Option<String>,
}

/// The log.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Log")]
pub struct LogArguments {
    /// The log level: error, warn, info, debug, trace, or a filter by module.
    #[arg(long, env = "LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub log_level: String,

    /// The log format: text or json.
    #[arg(
        long,
        env = "LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub log_format: String,
}
