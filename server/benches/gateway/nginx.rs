//! The reference: nginx as a plain reverse proxy without buffering.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};
use tokio::{net::TcpStream, time::sleep};

use crate::process::{Process, command, free_address, tail};

const PLACES: [&str; 4] = [
    "/usr/sbin/nginx",
    "/usr/bin/nginx",
    "/usr/local/sbin/nginx",
    "/usr/local/bin/nginx",
];
const TRIES: usize = 200;
const POLL: Duration = Duration::from_millis(10);
const MOST_WORKERS: usize = 2;

/// An nginx of this run, in its own directory.
#[derive(Debug)]
pub(crate) struct Nginx {
    pub(crate) address: SocketAddr,
    process: Process,
}

impl Nginx {
    pub(crate) async fn start(home: &Path, upstream: SocketAddr) -> anyhow::Result<Self> {
        let address = free_address()?;
        let home = home.join("nginx");
        fs::create_dir(&home)?;
        fs::write(home.join("nginx.conf"), configuration(address, upstream))?;
        let log = home.join("error.log");
        let mut process = Process::spawn(
            command(&program()?)
                .arg("-p")
                .arg(&home)
                .args(["-e", "error.log", "-c", "nginx.conf"])
                .stderr(fs::File::create(home.join("stderr.log"))?),
        )?;
        for _ in 0..TRIES {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(Self { address, process });
            }
            if !process.is_running()? {
                break;
            }
            sleep(POLL).await;
        }
        bail!("nginx did not start:\n{}", tail(&log))
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }
}

fn program() -> anyhow::Result<PathBuf> {
    PLACES
        .iter()
        .map(PathBuf::from)
        .find(|place| place.exists())
        .context("nginx is missing; scripts/need nginx installs it")
}

fn configuration(address: SocketAddr, upstream: SocketAddr) -> String {
    let workers = thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_WORKERS));
    // Started by root, nginx runs its workers as an unprivileged user, which cannot enter a private directory.
    let user = if nix::unistd::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    format!(
        "daemon off; {user}
worker_processes {workers};
worker_rlimit_nofile 8192;
pid nginx.pid;
error_log error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    tcp_nodelay on;
    keepalive_requests 100000000;
    upstream stub {{
        server {upstream};
        keepalive 128;
        keepalive_requests 100000000;
    }}
    server {{
        listen {address};
        location / {{
            proxy_pass http://stub;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_buffering off;
        }}
    }}
}}
"
    )
}
