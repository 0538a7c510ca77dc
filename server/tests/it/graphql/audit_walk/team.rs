//! Administrators, API tokens, and the caller's own sign-in.

use proxypal_server::clock::{Clock as _, SystemClock};
use totp_rs::{Builder, Secret};

use super::{NO_SUBJECT, Walk, text};
use crate::support::PASSWORD;

const NEW_PASSWORD: &str = "a-new-password-canary";
const INVITED_PASSWORD: &str = "an-invited-password-canary";

pub(super) async fn administrators(walk: &mut Walk) {
    let admin = [("admin", "/admin/id")];
    let create = r#"createAdmin(input: { username: "ada" }) { admin { id } setupUrl }"#;
    let ada = walk.run(create, &admin).await;
    let id = format!("{:?}", text(&ada, "/admin/id"));
    let invite = format!("inviteAdmin(id: {id}) {{ admin {{ id }} setupUrl }}");
    let invited = walk.run(&invite, &admin).await;
    let link = text(&invited, "/setupUrl");
    let token = &link[link.find("invite-").unwrap()..];
    let setup = format!(
        "completeSetup(token: {token:?}, password: {INVITED_PASSWORD:?})
            {{ session {{ id admin {{ id }} }} }}"
    );
    // One event for the password, one for the session.
    let two = [("admin", "/session/admin/id"), ("session", "/session/id")];
    walk.run_as(&walk.anonymous(), "ada", &setup, &two).await;

    // A change of the role ends the administrator's sessions, with an event for each.
    let demote = format!("setAdminRole(id: {id}, role: VIEWER) {{ admin {{ id }} }}");
    walk.run(&demote, &[("admin", "/admin/id"), ("session", "")])
        .await;
    let disable = format!("setAdminEnabled(id: {id}, enabled: false) {{ admin {{ id }} }}");
    walk.run(&disable, &admin).await;
    let remove = format!("removeAdmin(id: {id}) {{ admin {{ id }} }}");
    walk.run(&remove, &admin).await;

    let token = [("apiToken", "/apiToken/id")];
    let create = r#"createApiToken(input: { name: "script" }) { apiToken { id } secret }"#;
    let created = walk.run(create, &token).await;
    let id = text(&created, "/apiToken/id");
    // Revoking a token again is recorded too.
    for _twice in 0..2 {
        let revoke = format!("revokeApiToken(id: {id:?}) {{ apiToken {{ id }} }}");
        walk.run(&revoke, &token).await;
    }
}

pub(super) async fn saved_views(walk: &mut Walk) {
    let view = [("savedView", "/view/id")];
    let create = r#"createSavedView(input: { page: USAGE, name: "mine", search: "by=MODEL" }) { view { id } }"#;
    let created = walk.run(create, &view).await;
    let id = format!("{:?}", text(&created, "/view/id"));
    let rename =
        format!(r#"updateSavedView(id: {id}, input: {{ name: "ours" }}) {{ view {{ id }} }}"#);
    walk.run(&rename, &view).await;
    let delete = format!("deleteSavedView(id: {id}) {{ view {{ id }} }}");
    walk.run(&delete, &view).await;
}

pub(super) async fn own_sign_in(walk: &mut Walk) {
    let session = [("session", "/session/id")];
    let login =
        format!(r#"login(username: "admin", password: {PASSWORD:?}) {{ session {{ id }} }}"#);
    let other = walk
        .run_as(&walk.anonymous(), "admin", &login, &session)
        .await;
    let id = text(&other, "/session/id");
    let revoke = format!("revokeSession(id: {id:?}) {{ session {{ id }} }}");
    walk.run(&revoke, &session).await;
    let revoke_others = "revokeOtherSessions { revokedSessions }";
    walk.run(revoke_others, &NO_SUBJECT).await;

    let change = format!(
        "changePassword(currentPassword: {PASSWORD:?}, newPassword: {NEW_PASSWORD:?}) {{ revokedSessions }}"
    );
    walk.run(&change, &[("admin", "")]).await;
    second_factor(walk).await;

    let mut leaving = walk.anonymous();
    leaving.sign_in(NEW_PASSWORD).await;
    walk.run_as(
        &leaving,
        "admin",
        "logout { signedOut }",
        &[("session", "")],
    )
    .await;
}

async fn second_factor(walk: &mut Walk) {
    let admin = [("admin", "")];
    let own = [("admin", "/admin/id")];
    let password = format!("password: {NEW_PASSWORD:?}");
    let enrol = format!("enrolTotp({password}) {{ secret otpauthUri }}");
    let enrolled = walk.run(&enrol, &admin).await;
    let code = totp(&text(&enrolled, "/secret"));
    let confirm = format!("confirmTotp(code: {code:?}) {{ admin {{ id }} recoveryCodes }}");
    let confirmed = walk.run(&confirm, &own).await;
    let code = text(&confirmed, "/recoveryCodes/0");
    let renew = format!("renewRecoveryCodes({password}, code: {code:?}) {{ recoveryCodes }}");
    let renewed = walk.run(&renew, &admin).await;
    let code = text(&renewed, "/recoveryCodes/0");
    let disable = format!("disableTotp({password}, code: {code:?}) {{ admin {{ id }} }}");
    walk.run(&disable, &own).await;
}

/// The code that an authenticator app shows.
fn totp(secret: &str) -> String {
    let totp = Builder::new()
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .with_account_name("x")
        .build();
    let now = SystemClock.now().timestamp();
    totp.unwrap().generate(now.try_into().unwrap()).to_string()
}
