//! The written unit of systemd.

use std::process::Command;

use super::{assert_known, block, help, read};

#[test]
fn the_written_unit_starts_what_there_is() {
    let unit = unit();

    assert!(unit.contains("ExecStart=/usr/local/bin/proxypal-server serve\n"));
    help(&["serve"]);
    for line in unit
        .lines()
        .filter_map(|line| line.strip_prefix("Environment="))
    {
        assert_known(line.split('=').next().unwrap());
    }
    for line in block("docs/deploy/systemd.md", "ini").lines() {
        assert_known(line.split('=').next().unwrap());
    }
    let stop = unit.split("TimeoutStopSec=").nth(1).unwrap();
    let stop: u64 = stop.lines().next().unwrap().parse().unwrap();
    assert!(stop > 25, "SHUTDOWN_GRACE is 25");
}

/// Where systemd is, it understands every line of it.
#[test]
fn systemd_understands_the_written_unit() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("proxypal.service");
    let unit = unit().replace(
        "/usr/local/bin/proxypal-server",
        env!("CARGO_BIN_EXE_proxypal-server"),
    );
    std::fs::write(
        &file,
        unit.replace("EnvironmentFile=/etc", "EnvironmentFile=-/etc"),
    )
    .unwrap();
    let Ok(verified) = Command::new("systemd-analyze")
        .arg("verify")
        .arg(&file)
        .output()
    else {
        return;
    };

    let said = String::from_utf8_lossy(&verified.stderr);
    let about_it: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("proxypal.service"))
        .collect();
    assert!(about_it.is_empty(), "{said}");
}

/// The second block of the page.
fn unit() -> String {
    let page = read("docs/deploy/systemd.md");
    let unit = page.split("```ini\n").nth(2).unwrap();
    unit.split("```").next().unwrap().to_owned()
}
