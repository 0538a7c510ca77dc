//! Users, their keys, quotas and rate limits.

use chrono::TimeDelta;
use proxypal_server::clock::{Clock as _, SystemClock};

use super::{NO_SUBJECT, Walk, text};
use crate::support::{MailServer, mail::code_in, test_context};

pub(super) async fn run(walk: &mut Walk) {
    let user = [("user", "/user/id")];
    let create = r#"createUser(input: { name: "Ada", quotas: [] }) { user { id } secret }"#;
    let created = walk.run(create, &user).await;
    let id = format!("{:?}", text(&created, "/user/id"));
    let update = format!(r#"updateUser(id: {id}, input: {{ note: "x" }}) {{ user {{ id }} }}"#);
    walk.run(&update, &user).await;
    let enable = format!("setUsersEnabled(ids: [{id}], enabled: true) {{ users {{ id }} }}");
    walk.run(&enable, &[("user", "/users/0/id")]).await;
    let enable_none = "setUsersEnabled(ids: [], enabled: true) { users { id } }";
    walk.run(enable_none, &NO_SUBJECT).await;

    let import = r#"importUsers(csv: "name\nCy") { users { user { id } } }"#;
    walk.run(import, &[("user", "/users/0/user/id")]).await;

    account_groups(walk, &id).await;
    keys(walk, &id).await;
    invitations(walk, &id).await;
    groups(walk).await;
    own_keys(walk, &text(&created, "/secret")).await;
    own_alert_address(walk, &text(&created, "/secret"), &id).await;
    agents(walk, &text(&created, "/secret")).await;
    limits(walk, &id).await;
    let reset = format!("resetUserUsage(id: {id}) {{ user {{ id }} }}");
    walk.run(&reset, &user).await;
    let archive = format!("archiveUser(id: {id}) {{ user {{ id }} }}");
    walk.run(&archive, &user).await;
}

async fn account_groups(walk: &mut Walk, user: &str) {
    let group = [("accountGroup", "/accountGroup/id")];
    let create = r#"createAccountGroup(input: { name: "Team" }) { accountGroup { id } }"#;
    let created = walk.run(create, &group).await;
    let id = format!("{:?}", text(&created, "/accountGroup/id"));
    let update = format!(
        r#"updateAccountGroup(id: {id}, input: {{ name: "Group" }}) {{ accountGroup {{ id }} }}"#
    );
    walk.run(&update, &group).await;
    for groups in [&*format!("[{id}]"), "null"] {
        let permit = format!(
            "setAccountAccess(input: {{ subject: {{ userId: {user} }}, accountGroupIds: {groups} }}) \
             {{ user {{ id }} }}"
        );
        walk.run(&permit, &[("user", "/user/id")]).await;
    }
    let delete = format!("deleteAccountGroup(id: {id}) {{ id }}");
    walk.run(&delete, &[("accountGroup", "/id")]).await;
}

async fn groups(walk: &mut Walk) {
    let group = [("userGroup", "/userGroup/id")];
    let create = r#"createUserGroup(input: { name: "Team" }) { userGroup { id } }"#;
    let created = walk.run(create, &group).await;
    let id = text(&created, "/userGroup/id");
    for change in [
        format!(r#"updateUserGroup(id: "{id}", input: {{ name: "Two" }})"#),
        format!(r#"deleteUserGroup(id: "{id}")"#),
    ] {
        let change = format!("{change} {{ userGroup {{ id }} }}");
        walk.run(&change, &group).await;
    }
}

async fn keys(walk: &mut Walk, user: &str) {
    let key = [("apiKey", "/apiKey/id")];
    let issue = format!(
        r#"issueApiKey(input: {{ userId: {user}, name: "second" }}) {{ apiKey {{ id }} secret }}"#
    );
    let issued = walk.run(&issue, &key).await;
    let id = text(&issued, "/apiKey/id");
    let update =
        format!(r#"updateApiKey(id: "{id}", input: {{ name: "third" }}) {{ apiKey {{ id }} }}"#);
    walk.run(&update, &key).await;
    let rotate =
        format!(r#"rotateApiKey(id: "{id}") {{ apiKey {{ id }} secret replaced {{ id }} }}"#);
    let rotated = walk.run(&rotate, &[("apiKey", "/replaced/id")]).await;
    let id = text(&rotated, "/apiKey/id");
    // Revoking a key again is recorded too.
    for _twice in 0..2 {
        let revoke = format!(r#"revokeApiKey(id: "{id}") {{ apiKey {{ id }} }}"#);
        walk.run(&revoke, &key).await;
    }
    let issued = walk.run(&issue, &key).await;
    let id = text(&issued, "/apiKey/id");
    let revoke = format!(r#"revokeApiKeys(ids: ["{id}"]) {{ results {{ id }} }}"#);
    walk.run(&revoke, &[("apiKey", "/results/0/id")]).await;
    walk.run(&revoke, &NO_SUBJECT).await;
}

/// Users manage their own keys; the actor is the user.
async fn own_keys(walk: &mut Walk, secret: &str) {
    let settings = &walk.app.services.settings;
    let allow = settings.update(test_context(), 0, |gateway| {
        gateway.own_keys = true;
        gateway.own_alert_addresses = true;
    });
    allow.await.unwrap();
    let ada = walk.anonymous().with_bearer(secret);
    let key = [("apiKey", "/apiKey/id")];
    let create = r#"createOwnApiKey(input: { name: "laptop" }) { apiKey { id } secret }"#;
    let created = walk.run_as(&ada, "Ada", create, &key).await;
    let id = format!("{:?}", text(&created, "/apiKey/id"));
    let rename = format!(r#"renameOwnApiKey(id: {id}, name: "phone") {{ apiKey {{ id }} }}"#);
    walk.run_as(&ada, "Ada", &rename, &key).await;
    let rotate =
        format!("rotateOwnApiKey(id: {id}) {{ apiKey {{ id }} secret replaced {{ id }} }}");
    let replaced = [("apiKey", "/replaced/id")];
    let rotated = walk.run_as(&ada, "Ada", &rotate, &replaced).await;
    let id = format!("{:?}", text(&rotated, "/apiKey/id"));
    let revoke = format!("revokeOwnApiKey(id: {id}) {{ apiKey {{ id }} }}");
    walk.run_as(&ada, "Ada", &revoke, &key).await;
}

/// Users set the address of their own alerts; the actor is the user.
async fn own_alert_address(walk: &mut Walk, secret: &str, user: &str) {
    let mut mails = MailServer::start().await;
    let channel = mails.create_channel(&walk.owner, "mail of users").await;
    let ada = walk.anonymous().with_bearer(secret);
    let of_user = [("user", "")];
    let request =
        r#"requestOwnAlertAddress(address: "ada-canary@example.org") { alertAddress { address } }"#;
    walk.run_as(&ada, "Ada", request, &of_user).await;
    let code = code_in(&mails.next().await);
    let confirm =
        format!(r#"confirmOwnAlertAddress(code: "{code}") {{ alertAddress {{ address }} }}"#);
    walk.run_as(&ada, "Ada", &confirm, &of_user).await;
    // Removing it again is recorded too.
    for _twice in 0..2 {
        let remove = "removeOwnAlertAddress { alertAddress { address } }";
        walk.run_as(&ada, "Ada", remove, &of_user).await;
    }
    let remove = format!("removeUserAlertAddress(userId: {user}) {{ user {{ id }} }}");
    walk.run(&remove, &[("user", "/user/id")]).await;
    let delete = format!("deleteNotificationChannel(id: {channel}) {{ channel {{ id }} }}");
    walk.owner.ask(&format!("mutation {{ {delete} }}")).await;
}

/// Users confirm, deny and end sign-ins of agents; the actor is the user.
async fn agents(walk: &mut Walk, secret: &str) {
    let ada = walk.anonymous().with_bearer(secret);
    let begin = async || {
        let begun = ada
            .request(reqwest::Method::POST, "/oauth/device_authorization")
            .send();
        let codes: serde_json::Value = begun.await.unwrap().json().await.unwrap();
        (text(&codes, "/user_code"), text(&codes, "/device_code"))
    };
    let request = [("agentSignIn", "/id")];
    let (user_code, _) = begin().await;
    let deny = format!(r#"denyAgentSignIn(code: "{user_code}") {{ id }}"#);
    walk.run_as(&ada, "Ada", &deny, &request).await;
    let (user_code, device_code) = begin().await;
    let confirm = format!(r#"confirmAgentSignIn(code: "{user_code}", name: "laptop") {{ id }}"#);
    walk.run_as(&ada, "Ada", &confirm, &request).await;
    let grant = "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=";
    let tokens = ada
        .request(reqwest::Method::POST, "/oauth/token")
        .body(format!("{grant}{device_code}"))
        .send();
    assert_eq!(tokens.await.unwrap().status(), 200);
    let keys = "{ viewer { ... on KeyHolder { user { apiKeys { id } } } } }";
    let keys = ada.ask(keys).await;
    let id = text(&keys, "/data/viewer/user/apiKeys/0/id");
    let revoke = format!(r#"revokeOwnAgentSignIn(id: "{id}") {{ apiKey {{ id }} }}"#);
    walk.run_as(&ada, "Ada", &revoke, &[("apiKey", "/apiKey/id")])
        .await;
}

async fn invitations(walk: &mut Walk, user: &str) {
    let invitation = [("userInvitation", "/invitation/id")];
    let create = format!(
        "createUserInvitation(input: {{ userId: {user} }}) {{ invitation {{ id }} invitationUrl }}"
    );
    let created = walk.run(&create, &invitation).await;
    let id = text(&created, "/invitation/id");
    // Revoking an invitation again is recorded too.
    for _twice in 0..2 {
        let revoke = format!(r#"revokeUserInvitation(id: "{id}") {{ invitation {{ id }} }}"#);
        walk.run(&revoke, &invitation).await;
    }
    let created = walk.run(&create, &invitation).await;
    let url = text(&created, "/invitationUrl");
    let (_, token) = url.split_once("#token=").unwrap();
    let accept = format!(
        r#"acceptUserInvitation(token: "{token}", apiKeyName: "laptop") {{ apiKeyId secret }}"#
    );
    let anyone = walk.anonymous();
    let key = [("apiKey", "/apiKeyId")];
    walk.run_as(&anyone, "Ada", &accept, &key).await;
}

async fn limits(walk: &mut Walk, user: &str) {
    for change in [
        "setQuotas(input: { userId: USER, quotas: [{ metric: REQUESTS, limit: 5 }] })",
        "changeQuotas(input: { userId: USER, remove: [], add: [{ metric: TOKENS, limit: 5 }] })",
        "updateRateLimit(input: { userId: USER, concurrentRequests: 9 })",
        "setRateLimit(input: { userId: USER, requestsPerMinute: 9 })",
    ] {
        let change = change.replace("USER", user);
        let change = format!("{change} {{ user {{ id }} }}");
        walk.run(&change, &[("user", "/user/id")]).await;
    }
    let quotas = format!("{{ user(id: {user}) {{ quotas {{ id }} }} }}");
    let quotas = walk.owner.ask(&quotas).await;
    let quota = text(&quotas, "/data/user/quotas/0/id");
    let tomorrow = (SystemClock.now() + TimeDelta::days(1)).to_rfc3339();
    for raise in [
        format!(r#"{{ amount: 5, until: "{tomorrow}", reason: "a release" }}"#),
        "null".to_owned(),
    ] {
        let change = format!(r#"setQuotaRaise(quotaId: "{quota}", raise: {raise})"#);
        let change = format!("{change} {{ quota {{ user {{ id }} }} }}");
        walk.run(&change, &[("user", "/quota/user/id")]).await;
    }
    for (change, none) in [
        (
            "applyLimits(userIds: IDS, input: { quotas: [] })",
            "applyLimits(userIds: [], input: { quotas: [] })",
        ),
        (
            "copyLimits(fromUserId: USER, userIds: IDS)",
            "copyLimits(fromUserId: USER, userIds: [])",
        ),
    ] {
        let of = |change: &str| {
            let change = change
                .replace("IDS", &format!("[{user}]"))
                .replace("USER", user);
            format!("{change} {{ results {{ id }} }}")
        };
        walk.run(&of(change), &[("user", "/results/0/id")]).await;
        walk.run(&of(none), &NO_SUBJECT).await;
    }
}
