//! Fair shares of subscription windows.

use chrono::TimeDelta;
use proxypal_server::clock::{Clock as _, SystemClock};

use super::{Walk, text};

pub(super) async fn shares(walk: &mut Walk) {
    let mode = "setShareMode(mode: OBSERVE) { sharing { mode } }";
    walk.run(mode, &[("accountGroup", "")]).await;
    let create = r#"mutation { createUser(input: { name: "shared" }) { user { id } } }"#;
    let created = walk.owner.ask(create).await;
    let id = text(&created, "/data/createUser/user/id");
    let weight = format!(r#"setShareWeight(userId: "{id}", weight: 2.5) {{ userId weight }}"#);
    walk.run(&weight, &[("user", "/userId")]).await;
    let until = (SystemClock.now() + TimeDelta::hours(1)).to_rfc3339();
    let allow = format!(
        r#"allowAboveShare(userId: "{id}", until: "{until}", reason: "release") {{ sharing {{ mode }} }}"#
    );
    walk.run(&allow, &[("user", "")]).await;
}
