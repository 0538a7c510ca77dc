//! OpenRouter, by API key. One account serves models of many providers, under names such as `vendor/model`.

use entity::provider_account::{ProviderKind, SubscriptionWindow};
use serde_json::{Value, json};

use super::{
    ApiKeySpec, NO_API_KEYS, OPENAI_COMPATIBLE_ENGINE, OPENAI_COMPATIBLE_PROTOCOLS, ProviderSpec,
    ThemeColors, always_kept, windows,
};

const API: &str = "https://openrouter.ai/api/v1";

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::Openrouter,
    name: "openrouter",
    display_name: "OpenRouter",
    description: "OpenRouter, which forwards to many providers.",
    colors: ThemeColors {
        light: "oklch(0.55 0.12 215)",
        dark: "oklch(0.78 0.11 215)",
    },
    opencode_names: &["openrouter"],
    options: &[],
    engine: OPENAI_COMPATIBLE_ENGINE,
    api_keys: ApiKeySpec {
        accepted: true,
        needs_models: true,
        engine_base_url: Some(API),
        check_base_url: API,
        // The list of models is public: it answers without a valid key too.
        check_path: "/key",
        ..NO_API_KEYS
    },
    sign_in: None,
    model_prefixes: &[],
    native_protocols: OPENAI_COMPATIBLE_PROTOCOLS,
    keeps_output_limit: always_kept,
    windows: Some(credits),
    answer_windows: None,
};

/// The credits of a key that has a limit, and how often that is reset.
fn credits(answer: &Value) -> Vec<SubscriptionWindow> {
    let key = &answer["data"];
    let used_percent = || {
        let limit = key["limit"].as_f64().filter(|limit| *limit > 0.0)?;
        let left = key["limit_remaining"].as_f64()?;
        windows::percent(&json!(100.0 - 100.0 * left / limit))
    };
    let window = |used_percent| SubscriptionWindow {
        name: match key["limit_reset"].as_str() {
            Some(period) => windows::cut(&format!("{period}_credits")),
            None => "credits".to_owned(),
        },
        used_percent,
        resets_at: None,
        length_seconds: None,
    };
    used_percent().map(window).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{OPENAI_COMPATIBLE_LIST, by_key_list},
        *,
    };

    #[test]
    fn the_credits_of_a_key_are_a_window() {
        let of = |key: Value| credits(&json!({ "data": key }));
        let limit = json!({"limit": 100, "limit_remaining": 74.5, "limit_reset": "monthly"});
        let used_up = json!({"limit": 5, "limit_remaining": -0.2, "limit_reset": null});

        let [window] = of(limit).try_into().unwrap();

        assert_eq!(
            (&*window.name, window.used_percent),
            ("monthly_credits", 26)
        );
        assert_eq!(of(used_up)[0].used_percent, 100);
        assert_eq!(of(json!({"limit": null, "limit_remaining": null})), []);
        assert_eq!(of(json!({"limit": 0, "limit_remaining": 0})), []);
    }

    #[test]
    fn an_entry_at_its_address_in_the_engines_list_is_imported_as_its_own() {
        let at = |url| by_key_list(OPENAI_COMPATIBLE_LIST, None, Some(url));

        assert_eq!(
            at("https://openrouter.ai/api/v1/"),
            Some(ProviderKind::Openrouter)
        );
        assert_eq!(
            at("https://llm.example/v1"),
            Some(ProviderKind::OpenaiCompatible)
        );
    }
}
