//! Authorization: a walk over the whole schema, so that a new field without a guard is found.

use std::collections::BTreeMap;

use async_graphql::parser::{
    parse_schema,
    types::{ConstDirective, TypeKind, TypeSystemDefinition},
};
use entity::admin::Role;
use serde_json::{Value, json};

use crate::support::{Caller, ControlPlane, Socket, code};

const PUBLIC: [&str; 7] = [
    "serverInfo",
    "supportedProviders",
    "session",
    "viewer",
    "login",
    "completeSetup",
    "acceptUserInvitation",
];
/// Fields about a browser's session, for which a role is not enough.
const WITH_SESSION: [&str; 14] = [
    "exportProviderAccounts",
    "enrolTotp",
    "confirmTotp",
    "disableTotp",
    "renewRecoveryCodes",
    "sessions",
    "logout",
    "changePassword",
    "revokeSession",
    "revokeOtherSessions",
    "savedViews",
    "createSavedView",
    "updateSavedView",
    "deleteSavedView",
];
/// Mutations of users with a key only.
const FOR_KEY_HOLDERS: [&str; 10] = [
    "createOwnApiKey",
    "renameOwnApiKey",
    "rotateOwnApiKey",
    "revokeOwnApiKey",
    "requestOwnAlertAddress",
    "confirmOwnAlertAddress",
    "removeOwnAlertAddress",
    "confirmAgentSignIn",
    "denyAgentSignIn",
    "revokeOwnAgentSignIn",
];
/// Mutations for owners only.
pub(super) const FOR_OWNERS: [&str; 12] = [
    "createBackup",
    "downloadBackup",
    "restoreBackup",
    "cancelRestore",
    "deleteBackup",
    "createAdmin",
    "inviteAdmin",
    "setAdminRole",
    "setAdminEnabled",
    "removeAdmin",
    "createApiToken",
    "revokeApiToken",
];
/// Mutations that change no data: they create a ticket.
const READS: [&str; 2] = ["exportRequests", "exportUsage"];
const SCHEMA: &str = "{ __schema { types { name kind isOneOf description
    fields { name description args { name description type { ...T } } type { ...T } }
    inputFields { name description type { ...T } }
    enumValues { name description } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

#[tokio::test]
async fn anonymous_callers_and_key_holders_reach_only_public_fields() {
    let plane = ControlPlane::start().await;
    let types = types(&plane.admin().await).await;
    let (_, key_holder) = plane.key_holder("ada").await;

    for (caller, expected, own) in [
        (plane.anonymous(), "sign-in required", &[][..]),
        (
            key_holder,
            "your role does not allow this",
            &FOR_KEY_HOLDERS[..],
        ),
    ] {
        for (field, operation) in operations(&types, &["Query", "Mutation"]) {
            let answer = caller.ask(&operation).await;
            let refused = answer["errors"][0]["message"] == expected;
            assert_eq!(
                refused,
                !PUBLIC.contains(&field.as_str()) && !own.contains(&field.as_str()),
                "{operation}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn subscriptions_are_for_administrators() {
    let plane = ControlPlane::start().await;
    let types = types(&plane.admin().await).await;
    let (_, key_holder) = plane.key_holder("ada").await;
    let secret = key_holder.headers["authorization"].to_str().unwrap();
    let mut socket = Socket::greet(&plane.anonymous(), json!({ "authorization": secret })).await;

    for (field, operation) in operations(&types, &["Subscription"]) {
        socket.start(&field, &operation).await;
        let answer = socket.result(&field).await;
        assert_eq!(code(&answer), "FORBIDDEN", "{operation}: {answer}");
        assert_eq!(socket.next().await.unwrap()["type"], "complete");
    }
}

#[tokio::test]
async fn a_viewer_reads_everything_and_changes_nothing() {
    let plane = ControlPlane::start().await;
    let viewer = plane.script(Role::Viewer).await;
    let types = types(&viewer).await;

    for (field, operation) in operations(&types, &["Query"]) {
        let refused = code(&viewer.ask(&operation).await) == "FORBIDDEN";
        // They read what an import will store, such as credentials; the last one makes the server download a list.
        let of_admins = ["importPreview", "userImportPreview", "priceUpdate"];
        let is_for_admins = of_admins.contains(&field.as_str());
        assert_eq!(
            refused,
            WITH_SESSION.contains(&field.as_str()) || is_for_admins,
            "{operation}"
        );
    }
    for (field, operation) in operations(&types, &["Mutation"]) {
        let refused = code(&viewer.ask(&operation).await) == "FORBIDDEN";
        let may = PUBLIC.contains(&field.as_str()) || READS.contains(&field.as_str());
        assert_eq!(refused, !may, "{operation}");
    }
}

#[tokio::test]
async fn an_administrators_token_reaches_all_but_sessions_and_what_owners_alone_may() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let types = types(&admin).await;

    for (field, operation) in operations(&types, &["Query", "Mutation"]) {
        let refused = code(&admin.ask(&operation).await) == "FORBIDDEN";
        let field = field.as_str();
        let expected = WITH_SESSION.contains(&field)
            || FOR_OWNERS.contains(&field)
            || FOR_KEY_HOLDERS.contains(&field);
        assert_eq!(refused, expected, "{operation}");
    }
}

#[tokio::test]
async fn an_owners_token_reaches_all_but_sessions() {
    let plane = ControlPlane::start().await;
    let owner = plane.script(Role::Owner).await;
    let types = types(&owner).await;

    for (field, operation) in operations(&types, &["Query", "Mutation"]) {
        let refused = code(&owner.ask(&operation).await) == "FORBIDDEN";
        let field = field.as_str();
        let expected = WITH_SESSION.contains(&field) || FOR_KEY_HOLDERS.contains(&field);
        assert_eq!(refused, expected, "{operation}");
    }
}

#[tokio::test]
async fn every_field_rejects_exactly_the_callers_that_the_printed_schema_excludes() {
    let plane = ControlPlane::start().await;
    let types = types(&plane.admin().await).await;
    let declared = declared();
    let callers = [
        (None, plane.key_holder("ada").await.1),
        (Some(Role::Viewer), plane.script(Role::Viewer).await),
        (Some(Role::Admin), plane.script(Role::Admin).await),
        (Some(Role::Owner), plane.script(Role::Owner).await),
    ];

    // Signed in before an operation adds an administrator; sign-ins are limited by the minute.
    let mut sessions = Vec::new();
    for _ in declared.values().filter(|requirement| requirement.session) {
        plane.advance(chrono::TimeDelta::minutes(2));
        sessions.push(plane.admin().await);
    }
    for (root, operations) in ["Query", "Mutation"].map(|root| (root, operations(&types, &[root])))
    {
        for (name, operation) in operations {
            let Some(requirement) = declared.get(&format!("{root}.{name}")) else {
                // `clientSetup` is for all who are signed in.
                assert!(
                    PUBLIC.contains(&name.as_str()) || name == "clientSetup",
                    "{name}"
                );
                continue;
            };
            for (role, caller) in &callers {
                let refused = code(&caller.ask(&operation).await) == "FORBIDDEN";
                let by_role = *role >= requirement.role && role.is_some();
                let allowed = match requirement {
                    Requirement { key: true, .. } => role.is_none(),
                    Requirement { session, .. } => !session && by_role,
                };
                assert_eq!(refused, !allowed, "{role:?} {operation}");
            }
            if requirement.session {
                let admin = sessions.pop().unwrap();
                let answer = admin.ask(&operation).await;
                assert_ne!(code(&answer), "FORBIDDEN", "{operation}: {answer}");
            }
        }
    }
    let root = |name: &&String| name.starts_with("Query.") || name.starts_with("Mutation.");
    let nested: Vec<_> = declared
        .keys()
        .filter(|name| !root(name) && !name.starts_with("Subscription."))
        .collect();
    let expected = [
        "ApiKey.accountAccess",
        "ProviderAccount.proxyUrl",
        "User.accountAccess",
    ];
    assert_eq!(nested, expected);
}

#[tokio::test]
async fn every_subscription_declares_that_it_is_for_viewers() {
    let plane = ControlPlane::start().await;
    let types = types(&plane.admin().await).await;
    let declared = declared();

    for (name, _) in operations(&types, &["Subscription"]) {
        let requirement = &declared[&format!("Subscription.{name}")];
        assert_eq!(requirement.role, Some(Role::Viewer), "{name}");
    }
}

#[tokio::test]
async fn a_viewer_cannot_read_the_field_of_an_account_that_declares_a_higher_role() {
    let plane = ControlPlane::start().await;
    let owner = plane.script(Role::Owner).await;
    let add =
        "mutation { addProviderApiKey(input: { kind: CLAUDE, apiKey: \"sk-ant-0123456789\" }) {
        account { id } } }";
    let added = owner.ask(add).await;
    assert_eq!(code(&added), "", "{added}");
    let asked = "{ provider(kind: CLAUDE) { accounts { id proxyUrl } } }";

    for (role, expected) in [(Role::Viewer, "FORBIDDEN"), (Role::Admin, "")] {
        let caller = plane.script(role).await;
        let answer = caller.ask(asked).await;
        assert_eq!(code(&answer), expected, "{role:?}: {answer}");
    }
}

/// The requirements of a field, from the directives in the printed schema.
#[derive(Debug, Default)]
struct Requirement {
    role: Option<Role>,
    session: bool,
    /// A user's API key.
    key: bool,
}

/// The fields with a requirement, as `Mutation.createUser`.
fn declared() -> BTreeMap<String, Requirement> {
    let schema = parse_schema(proxypal_server::graphql::sdl()).unwrap();
    let mut declared = BTreeMap::new();
    for definition in schema.definitions {
        let TypeSystemDefinition::Type(kind) = definition else {
            continue;
        };
        let TypeKind::Object(object) = kind.node.kind else {
            continue;
        };
        for field in object.fields {
            let directives = &field.node.directives;
            let find = |name| directives.iter().find(|found| found.node.name.node == name);
            let role = find("requiresRole").map(|found| role(&found.node));
            let session = find("requiresSession").is_some();
            let key = find("requiresApiKey").is_some();
            if role.is_some() || session || key {
                let name = format!("{}.{}", kind.node.name.node, field.node.name.node);
                declared.insert(name, Requirement { role, session, key });
            }
        }
    }
    declared
}

fn role(directive: &ConstDirective) -> Role {
    let role = &directive.get_argument("role").unwrap().node;
    match role.to_string().as_str() {
        "VIEWER" => Role::Viewer,
        "ADMIN" => Role::Admin,
        "OWNER" => Role::Owner,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn anonymous_callers_learn_nothing_about_the_schema() {
    let plane = ControlPlane::start().await;
    let anonymous = plane.anonymous();

    assert_eq!(
        code(&anonymous.ask("{ __schema { types { name } } }").await),
        "BAD_USER_INPUT"
    );
    let mistyped = anonymous.ask("{ userz { nodes { id } } }").await;
    assert_eq!(code(&mistyped), "BAD_USER_INPUT");
    assert!(!mistyped.to_string().contains("Did you mean"), "{mistyped}");

    let mistyped = plane.admin().await.ask("{ userz { nodes { id } } }").await;
    assert!(mistyped.to_string().contains("Did you mean"), "{mistyped}");
}

#[tokio::test]
async fn everything_in_the_schema_is_described() {
    let plane = ControlPlane::start().await;
    let types = types(&plane.admin().await).await;
    let mut bare = Vec::new();

    for kind in types.as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        let built_in = ["Boolean", "Float", "ID", "Int", "String"].contains(&name);
        if name.starts_with("__") || built_in {
            continue;
        }
        let parts = ["fields", "inputFields", "enumValues"].map(|part| list(&kind[part]));
        let arguments = list(&kind["fields"])
            .into_iter()
            .flat_map(|field| list(&field["args"]));
        let all = std::iter::once(kind)
            .chain(parts.into_iter().flatten())
            .chain(arguments);
        let undescribed =
            all.filter(|part| part["description"].as_str().unwrap_or_default().is_empty());
        bare.extend(undescribed.map(|part| format!("{name}.{}", part["name"])));
    }

    assert!(bare.is_empty(), "{}", bare.join("\n"));
}

pub(super) async fn types(caller: &Caller) -> Value {
    caller.ask(SCHEMA).await["data"]["__schema"]["types"].clone()
}

fn list(value: &Value) -> Vec<&Value> {
    value.as_array().into_iter().flatten().collect()
}

fn find<'a>(types: &'a Value, name: &str) -> &'a Value {
    let mut types = list(types).into_iter();
    types.find(|kind| kind["name"] == name).unwrap()
}

/// One operation for each field of these roots, with arguments that fit.
pub(super) fn operations(types: &Value, roots: &[&str]) -> Vec<(String, String)> {
    let of_root = |root: &&str| {
        let fields = list(&find(types, root)["fields"]).into_iter();
        let word = root.to_lowercase();
        let operation = move |field: &Value| {
            let name = field["name"].as_str().unwrap().to_owned();
            (name, format!("{word} {{ {} }}", call(types, field)))
        };
        fields.map(operation).collect::<Vec<_>>()
    };
    roots.iter().flat_map(of_root).collect()
}

fn call(types: &Value, field: &Value) -> String {
    let arguments = list(&field["args"]).into_iter();
    let required = arguments.filter(|argument| argument["type"]["kind"] == "NON_NULL");
    let given: Vec<_> = required
        .map(|argument| {
            format!(
                "{}: {}",
                argument["name"].as_str().unwrap(),
                value(types, &argument["type"])
            )
        })
        .collect();
    let name = field["name"].as_str().unwrap();
    let given = if given.is_empty() {
        String::new()
    } else {
        format!("({})", given.join(", "))
    };
    let is_scalar = ["SCALAR", "ENUM"]
        .map(Value::from)
        .contains(&field["type"]["kind"]);
    let fields = if is_scalar { "" } else { " { __typename }" };
    format!("{name}{given}{fields}")
}

/// A value that the type accepts.
fn value(types: &Value, of: &Value) -> String {
    match of["kind"].as_str().unwrap() {
        "NON_NULL" => value(types, &of["ofType"]),
        "LIST" => "[]".to_owned(),
        "INPUT_OBJECT" if find(types, of["name"].as_str().unwrap())["isOneOf"] == true => {
            let first = &find(types, of["name"].as_str().unwrap())["inputFields"][0];
            let name = first["name"].as_str().unwrap();
            format!("{{ {name}: {} }}", value(types, &first["type"]))
        }
        "INPUT_OBJECT" => {
            let fields =
                list(&find(types, of["name"].as_str().unwrap())["inputFields"]).into_iter();
            let required = fields.filter(|field| field["type"]["kind"] == "NON_NULL");
            let given = required.map(|field| {
                format!(
                    "{}: {}",
                    field["name"].as_str().unwrap(),
                    value(types, &field["type"])
                )
            });
            format!("{{ {} }}", given.collect::<Vec<_>>().join(", "))
        }
        "ENUM" => find(types, of["name"].as_str().unwrap())["enumValues"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()["name"]
            .as_str()
            .unwrap()
            .to_owned(),
        _ => match of["name"].as_str().unwrap() {
            "Boolean" => "true".to_owned(),
            "Int" | "BigInt" | "Float" => "1".to_owned(),
            "USD" => "\"1\"".to_owned(),
            "DateTime" => "\"2030-01-01T00:00:00Z\"".to_owned(),
            _ => "\"x\"".to_owned(),
        },
    }
}
