//! The command line and the environment, as text. `--help` is the manual.

use clap::Args;

/// How to run the server.
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

    /// The port to listen on; 0 takes a free one.
    #[arg(long, env = "PORT", default_value = "3000", value_name = "PORT")]
    pub port: String,

    /// How browsers and tools reach this server, such as <https://ai.example.org>. Decides on secure
    /// cookies and is what set-up snippets show. Default: the address listened on.
    #[arg(long, env = "PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Networks of reverse proxies whose X-Forwarded-For is believed, separated by commas.
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        default_value = "",
        hide_default_value = true,
        value_name = "CIDR,…"
    )]
    pub trusted_proxies: String,

    /// Web origins whose pages may call /v1 from a browser, separated by commas. Default: none.
    #[arg(
        long,
        env = "CORS_ALLOWED_ORIGINS",
        default_value = "",
        hide_default_value = true,
        value_name = "ORIGIN,…"
    )]
    pub cors_allowed_origins: String,

    /// How many connections one address may have open, IPv6 addresses counted by /64; 0 is any number.
    /// Connections from this machine and from `TRUSTED_PROXIES` are not counted.
    #[arg(
        long,
        env = "CONNECTIONS_PER_ADDRESS",
        default_value = "512",
        value_name = "NUMBER"
    )]
    pub connections_per_address: String,

    /// Networks inside which notifications may be posted to webhooks, separated by commas. Default: none,
    /// so that no channel reaches what only this machine can.
    #[arg(
        long,
        env = "NOTIFICATION_NETWORKS",
        default_value = "",
        hide_default_value = true,
        value_name = "CIDR,…"
    )]
    pub notification_networks: String,

    /// How many seconds running answers may go on after a request to stop.
    #[arg(
        long,
        env = "SHUTDOWN_GRACE",
        default_value = "25",
        value_name = "SECONDS"
    )]
    pub shutdown_grace: String,

    #[command(flatten)]
    pub storage: StorageArguments,

    #[command(flatten)]
    pub engine: EngineArguments,

    #[command(flatten)]
    pub watch: WatchArguments,

    #[command(flatten)]
    pub log: LogArguments,
}

/// Where data is kept.
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

    /// The file of an SQLite database; a shorter way to say it than a URL.
    #[arg(long, env = "DATABASE_PATH", value_name = "FILE")]
    pub database_path: Option<String>,
}

/// Which engine serves the models.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Engine")]
pub struct EngineArguments {
    /// managed: run CLIProxyAPI here; external: use one that runs elsewhere; demo: canned answers.
    #[arg(long, env = "ENGINE", default_value = "managed", value_name = "KIND")]
    pub engine: String,

    /// The engine's program (managed). Default: cli-proxy-api in PATH, else what `engine install` put
    /// into the data directory.
    #[arg(long, env = "ENGINE_BINARY", value_name = "FILE")]
    pub engine_binary: Option<String>,

    /// The directory of the files with which signed-in accounts are handed to the engine (managed); ours
    /// alone. Default: one in memory (/dev/shm), so that no token is on a disk in the clear; where
    /// there is none, one in the data directory.
    #[arg(long, env = "ENGINE_AUTH_DIR", value_name = "DIRECTORY")]
    pub engine_auth_dir: Option<String>,

    /// Where the engine runs (external). Its keys are ENGINE_API_KEY and ENGINE_MANAGEMENT_KEY.
    #[arg(long, env = "ENGINE_URL", value_name = "URL")]
    pub engine_url: Option<String>,
}

/// Who may watch the server from outside.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Monitoring")]
pub struct WatchArguments {
    /// Where to serve /metrics alone, such as 127.0.0.1:9464. An address that other machines can reach
    /// needs the secret token, with which /metrics is also served beside the other pages. Default: no
    /// metrics.
    #[arg(long, env = "METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<String>,

    /// The OpenTelemetry collector that traces are sent to, over HTTP, such as <http://127.0.0.1:4318>.
    /// docs/traces.md names the other standard variables that hold. Default: no traces.
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub otlp_endpoint: Option<String>,

    /// The whole address for traces, where it is not the collector's followed by /v1/traces.
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub otlp_traces_endpoint: Option<String>,

    /// How traces are sent: http/protobuf, which is all there is here.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_PROTOCOL", value_name = "PROTOCOL")]
    pub otlp_protocol: Option<String>,
}

/// What the log says.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Log")]
pub struct LogArguments {
    /// How much is logged: error, warn, info, debug, trace, or a filter by module.
    #[arg(long, env = "LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub log_level: String,

    /// How log lines look: text or json.
    #[arg(
        long,
        env = "LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub log_format: String,
}
