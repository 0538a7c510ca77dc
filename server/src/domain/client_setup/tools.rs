//! The snippets of each client.

use serde_json::{Map, Value, json};

use super::{
    Access, ClientKind, ClientSetup, KEY_PLACEHOLDER as KEY, SetupFile, SetupPurpose, status_line,
};

pub(super) fn describe(client: ClientKind, access: &Access) -> ClientSetup {
    match client {
        ClientKind::ClaudeCode => claude_code(access),
        ClientKind::CodexCli => codex(access),
        ClientKind::GeminiCli => gemini_cli(access),
        ClientKind::OpenCode => opencode(access),
        ClientKind::Cline => form("Cline", access),
        ClientKind::RooCode => form("Roo Code", access),
        ClientKind::Cursor => cursor(access),
        ClientKind::Continue => continue_dev(access),
        ClientKind::OpenAiSdk => openai(access),
        ClientKind::AnthropicSdk => anthropic(access),
        ClientKind::GoogleGenAiSdk => google(access),
        ClientKind::Curl => curl(access),
    }
}

fn file(place: &'static str, language: &'static str, content: String) -> SetupFile {
    SetupFile {
        purpose: SetupPurpose::Connect,
        place,
        language,
        content,
    }
}

fn pretty(place: &'static str, value: &Value) -> SetupFile {
    file(place, "json", format!("{value:#}"))
}

fn claude_code(access: &Access) -> ClientSetup {
    let mut env = json!({
        "ANTHROPIC_BASE_URL": access.base_url,
        "ANTHROPIC_AUTH_TOKEN": KEY,
        // Its picker of models asks for those of the key.
        "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1",
    });
    let model = access.model("claude");
    if !model.contains("claude") {
        env["ANTHROPIC_MODEL"] = json!(model);
        env["ANTHROPIC_SMALL_FAST_MODEL"] = json!(model);
    }
    ClientSetup {
        name: "Claude Code",
        note: "The URL must not end with /v1: Claude Code appends it.",
        files: [pretty("~/.claude/settings.json", &json!({"env": env}))]
            .into_iter()
            .chain(status_line::claude_code(&access.base_url))
            .collect(),
    }
}

fn codex(access: &Access) -> ClientSetup {
    let (url, model) = (&access.base_url, access.model("gpt"));
    let config = format!(
        r#"model = "{model}"
model_provider = "proxypal"

[model_providers.proxypal]
name = "ProxyPal"
base_url = "{url}/v1"
model_catalog_url = "{url}/v1/models"
env_key = "PROXYPAL_API_KEY"
wire_api = "responses"
"#
    );
    let profile = format!("export PROXYPAL_API_KEY=\"{KEY}\"\n");
    ClientSetup {
        name: "Codex CLI",
        note: "The first two lines must precede every [table] of the file.",
        files: vec![
            file("~/.codex/config.toml", "toml", config),
            file("~/.profile", "sh", profile),
            status_line::codex(),
        ],
    }
}

fn gemini_cli(access: &Access) -> ClientSetup {
    let (url, model) = (&access.base_url, access.model("gemini"));
    let env = format!(
        "GEMINI_API_KEY=\"{KEY}\"\nGOOGLE_GEMINI_BASE_URL=\"{url}\"\nGEMINI_MODEL=\"{model}\"\n"
    );
    ClientSetup {
        name: "Gemini CLI",
        note: "Choose \"Use Gemini API key\" when asked how to sign in. The URL must not end with /v1beta.",
        files: vec![file("~/.gemini/.env", "sh", env)],
    }
}

fn opencode(access: &Access) -> ClientSetup {
    let models: Map<String, Value> = access
        .all()
        .into_iter()
        .map(|model| (model.to_owned(), json!({"name": model})))
        .collect();
    let config = json!({
        "$schema": "https://opencode.ai/config.json",
        "provider": {"proxypal": {
            "npm": "@ai-sdk/openai-compatible",
            "name": "ProxyPal",
            "options": {"baseURL": format!("{}/v1", access.base_url), "apiKey": KEY},
            "models": models,
        }},
        "model": format!("proxypal/{}", access.model("claude")),
    });
    ClientSetup {
        name: "OpenCode",
        note: "Choose one of the listed models with /models.",
        files: vec![pretty("~/.config/opencode/opencode.json", &config)],
    }
}

/// Clients that are configured in a settings form.
fn form(name: &'static str, access: &Access) -> ClientSetup {
    let (url, model) = (&access.base_url, access.model("claude"));
    let fields = format!(
        "API Provider: OpenAI Compatible\nBase URL: {url}/v1\nAPI Key: {KEY}\nModel ID: {model}\n"
    );
    ClientSetup {
        name,
        note: "Open the extension's settings and fill in the form.",
        files: vec![file("Settings > API Configuration", "text", fields)],
    }
}

fn cursor(access: &Access) -> ClientSetup {
    let (url, model) = (&access.base_url, access.model("gpt"));
    let fields =
        format!("OpenAI API Key: {KEY}\nOverride OpenAI Base URL: {url}/v1\nAdd model: {model}\n");
    ClientSetup {
        name: "Cursor",
        note: "Cursor connects from its own servers, so the URL must be reachable from the internet over HTTPS.",
        files: vec![file("Cursor Settings > Models", "text", fields)],
    }
}

fn continue_dev(access: &Access) -> ClientSetup {
    let url = &access.base_url;
    let mut config = "name: ProxyPal\nversion: 1.0.0\nschema: v1\nmodels:\n".to_owned();
    for model in access.all() {
        config.extend([
            format!("  - name: \"{model}\"\n    provider: openai\n    model: \"{model}\"\n"),
            format!("    apiBase: {url}/v1\n    apiKey: {KEY}\n"),
        ]);
    }
    ClientSetup {
        name: "Continue",
        note: "Remove models that you do not need.",
        files: vec![file("~/.continue/config.yaml", "yaml", config)],
    }
}

fn openai(access: &Access) -> ClientSetup {
    let (url, model) = (&access.base_url, access.model("gpt"));
    let code = format!(
        r#"from openai import OpenAI

client = OpenAI(
    base_url="{url}/v1",
    api_key="{KEY}",
)
answer = client.chat.completions.create(
    model="{model}",
    messages=[{{"role": "user", "content": "Hello"}}],
)
print(answer.choices[0].message.content)
"#
    );
    ClientSetup {
        name: "OpenAI SDK",
        note: "Use these two values in any OpenAI-compatible client.",
        files: vec![file("Python", "python", code)],
    }
}

fn anthropic(access: &Access) -> ClientSetup {
    let (url, model) = (&access.base_url, access.model("claude"));
    let code = format!(
        r#"from anthropic import Anthropic

client = Anthropic(
    base_url="{url}",
    api_key="{KEY}",
)
answer = client.messages.create(
    model="{model}",
    max_tokens=1024,
    messages=[{{"role": "user", "content": "Hello"}}],
)
print(answer.content[0].text)
"#
    );
    ClientSetup {
        name: "Anthropic SDK",
        note: "The URL must not end with /v1: the SDK appends it.",
        files: vec![file("Python", "python", code)],
    }
}

fn google(access: &Access) -> ClientSetup {
    let (url, model) = (&access.base_url, access.model("gemini"));
    let code = format!(
        r#"from google import genai
from google.genai import types

client = genai.Client(
    api_key="{KEY}",
    http_options=types.HttpOptions(base_url="{url}"),
)
answer = client.models.generate_content(
    model="{model}",
    contents="Hello",
)
print(answer.text)
"#
    );
    ClientSetup {
        name: "google-genai SDK",
        note: "The URL must not end with /v1beta: the SDK appends it.",
        files: vec![file("Python", "python", code)],
    }
}

fn curl(access: &Access) -> ClientSetup {
    let (url, model) = (&access.base_url, access.model("gpt"));
    let list = format!("curl {url}/v1/models -H \"Authorization: Bearer {KEY}\"\n");
    let ask = format!(
        r#"curl {url}/v1/chat/completions \
  -H "Authorization: Bearer {KEY}" \
  -H "Content-Type: application/json" \
  -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]}}'
"#
    );
    ClientSetup {
        name: "curl",
        note: "The first command lists the models available to this key.",
        files: vec![file("terminal", "sh", list), file("terminal", "sh", ask)],
    }
}
