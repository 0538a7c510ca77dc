//! Fetches the models of a provider with a key, before an account is saved.

use std::{collections::HashSet, net::IpAddr};

use serde_json::Value;
use url::{Host, Url};

use super::{Checkup, question::owned};
use crate::{
    domain::{
        Error, Result,
        provider_accounts::{NewProviderApiKey, ProviderAccounts},
    },
    engine::ProviderQuestion,
    providers,
};

/// An account can have as many.
const MAX_MODELS: usize = 500;
const MAX_NAME_CHARS: usize = 200;

impl Checkup {
    /// The names of the models that a provider lists for a key, sorted: at most 500, and whether there are more. Nothing is
    /// stored.
    pub async fn fetch_models(&self, new: NewProviderApiKey) -> Result<(Vec<String>, bool)> {
        self.require_engine()?;
        let credential = ProviderAccounts::unsaved_credential(new)?;
        let keys = &providers::spec(credential.kind).api_keys;
        let base = credential
            .base_url
            .as_deref()
            .unwrap_or(keys.check_base_url);
        let url = format!("{}{}", base.trim_end_matches('/'), keys.models_path);
        let invalid =
            |_| Error::bad_input("baseUrl is not an address; use one such as https://host/v1");
        let url: Url = url.parse().map_err(invalid)?;
        require_reachable(&url)?;
        let question = ProviderQuestion {
            url,
            authorization: keys.authorization,
            headers: owned(keys.check_headers),
            body: None,
        };
        let answer = self.0.engine.ask_provider(&credential, &question).await;
        let answer = answer.map_err(|error| Error::EngineUnavailable(error.to_string()))?;
        let Some(answer) = answer else {
            let message = "the provider cannot be reached; check the base URL";
            return Err(Error::Provider(message.to_owned()));
        };
        if !answer.is_success() {
            let message = answer
                .message
                .map_or(String::new(), |message| format!(": {message}"));
            let message = format!(
                "the provider responded with HTTP {}{message}",
                answer.status
            );
            return Err(Error::Provider(message));
        }
        let body = serde_json::from_str(&answer.body).ok();
        body.and_then(|body| names(&body)).ok_or_else(|| {
            let message = "the response is not a list of models; check the base URL";
            Error::Provider(message.to_owned())
        })
    }
}

/// Providers may be in a private network, as servers of local models are. Addresses of a cloud's metadata service, of many
/// receivers and of none cannot be one.
fn require_reachable(url: &Url) -> Result<()> {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => {
            let mapped = address.to_ipv4_mapped().map(IpAddr::V4);
            Some(mapped.unwrap_or(IpAddr::V6(address)))
        }
        Some(Host::Domain(_)) | None => None,
    };
    let is_refused = address.is_some_and(|address| match address {
        IpAddr::V4(address) => {
            address.is_link_local() || address.is_unspecified() || address.is_multicast()
        }
        IpAddr::V6(address) => {
            address.is_unicast_link_local() || address.is_unspecified() || address.is_multicast()
        }
    });
    if is_refused {
        return Err(Error::bad_input(
            "baseUrl must not be a link-local, unspecified or multicast address",
        ));
    }
    Ok(())
}

/// The names in the lists of OpenAI and Anthropic (`data`), of Gemini (`models`) and of Vertex AI (`publisherModels`); `None`
/// for other responses.
fn names(body: &Value) -> Option<(Vec<String>, bool)> {
    let list = ["data", "models", "publisherModels"]
        .iter()
        .find_map(|name| body[name].as_array())?;
    let name = |model: &Value| {
        let name = model["id"].as_str().or_else(|| model["name"].as_str())?;
        let (_, name) = name.rsplit_once("models/").unwrap_or(("", name));
        let name = name.trim();
        let is_valid = !name.is_empty()
            && name.chars().count() <= MAX_NAME_CHARS
            && !name
                .chars()
                .any(|character| character.is_control() || character.is_whitespace());
        is_valid.then(|| name.to_owned())
    };
    let mut names: Vec<_> = list
        .iter()
        .filter_map(name)
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    names.sort_unstable();
    let has_more = names.len() > MAX_MODELS;
    names.truncate(MAX_MODELS);
    Some((names, has_more))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_of_every_format_are_read() {
        let openai = json!({ "data": [{ "id": "b" }, { "id": "a" }, { "id": "a" }] });
        let gemini = json!({ "models": [{ "name": "models/gemini-pro" }] });

        assert_eq!(
            names(&openai),
            Some((vec!["a".to_owned(), "b".to_owned()], false))
        );
        let vertex =
            json!({ "publisherModels": [{ "name": "publishers/google/models/gemini-pro" }] });
        for list in [gemini, vertex] {
            assert_eq!(names(&list), Some((vec!["gemini-pro".to_owned()], false)));
        }
        assert_eq!(names(&json!({ "data": [] })), Some((Vec::new(), false)));
    }

    #[test]
    fn hostile_lists_are_bounded_and_other_responses_are_no_list() {
        let many: Vec<_> = (0..2000)
            .map(|number| json!({ "id": format!("m{number}") }))
            .collect();
        let (found, has_more) = names(&json!({ "data": many })).unwrap();
        assert_eq!((found.len(), has_more), (MAX_MODELS, true));

        let odd = json!({ "data": [{ "id": "x".repeat(300) }, { "id": "a\nb" }, { "id": 7 }, null, "text"] });
        assert_eq!(names(&odd), Some((Vec::new(), false)));
        for other in [
            json!([]),
            json!("data"),
            json!({ "error": {} }),
            json!({ "data": {} }),
        ] {
            assert_eq!(names(&other), None, "{other}");
        }
    }

    #[test]
    fn addresses_of_metadata_services_are_refused_and_local_servers_are_not() {
        let is_refused = |url: &str| require_reachable(&url.parse().unwrap()).is_err();

        for url in [
            "http://169.254.169.254/v1",
            "http://[::ffff:169.254.169.254]/",
            "http://[fe80::1]/",
            "http://0.0.0.0:8080/",
            "http://2852039166/",
        ] {
            assert!(is_refused(url), "{url}");
        }
        for url in [
            "http://127.0.0.1:11434/v1",
            "http://10.0.0.2/",
            "https://api.openai.com/v1",
        ] {
            assert!(!is_refused(url), "{url}");
        }
    }
}
