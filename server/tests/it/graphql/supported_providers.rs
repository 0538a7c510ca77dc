//! The facts about providers that pages and scripts read.

use std::collections::HashSet;

use entity::provider_account::ProviderKind;
use proxypal_server::providers;
use sea_orm::Iterable as _;
use serde_json::{Value, json};

use crate::support::{Caller, ControlPlane};

const QUERY: &str = "{ supportedProviders { kind displayName colors { light dark }
    apiKeys { defaultBaseUrl modelsRequired } signIn importsSignIns nativeProtocols reportsWindows options } }";

async fn supported(caller: &Caller) -> Value {
    caller.ask(QUERY).await["data"]["supportedProviders"].take()
}

#[tokio::test]
async fn every_caller_reads_the_same_facts_about_all_providers() {
    let plane = ControlPlane::start().await;
    let (_, key_holder) = plane.key_holder("ada").await;

    let anonymous = supported(&plane.anonymous()).await;

    assert_eq!(supported(&key_holder).await, anonymous);
    assert_eq!(supported(&plane.admin().await).await, anonymous);
    let all = anonymous.as_array().unwrap();
    let names = all.iter().map(|each| each["displayName"].as_str().unwrap());
    assert_eq!(
        names.collect::<Vec<_>>(),
        providers::ALL.map(|spec| spec.display_name)
    );
    assert_eq!(all.len(), ProviderKind::iter().count());
    for theme in ["light", "dark"] {
        let colors = all
            .iter()
            .map(|each| each["colors"][theme].as_str().unwrap());
        let distinct: HashSet<_> = colors.collect();
        assert_eq!(distinct.len(), all.len(), "two look alike: {distinct:?}");
    }
}

#[tokio::test]
async fn the_facts_say_how_accounts_are_added_and_set() {
    let plane = ControlPlane::start().await;
    let all = supported(&plane.anonymous()).await;
    let of = |kind: &str| {
        let mut all = all.as_array().unwrap().iter();
        all.find(|each| each["kind"] == kind).unwrap().clone()
    };

    let (claude, compatible) = (of("CLAUDE"), of("OPENAI_COMPATIBLE"));

    assert_eq!(
        claude["apiKeys"],
        json!({"defaultBaseUrl": "https://api.anthropic.com", "modelsRequired": false})
    );
    assert_eq!(
        (&claude["signIn"], &of("KIMI")["signIn"]),
        (&json!("PASTE"), &json!("DEVICE"))
    );
    assert_eq!(claude["nativeProtocols"], json!(["ANTHROPIC_MESSAGES"]));
    assert_eq!(
        (&claude["options"], &claude["reportsWindows"]),
        (&json!(["CLOAKING"]), &json!(true))
    );
    assert_eq!(of("COPILOT")["apiKeys"], Value::Null);
    assert_eq!(
        compatible["apiKeys"],
        json!({"defaultBaseUrl": null, "modelsRequired": true})
    );
    assert_eq!(
        (&compatible["signIn"], &compatible["importsSignIns"]),
        (&Value::Null, &json!(false))
    );
}
