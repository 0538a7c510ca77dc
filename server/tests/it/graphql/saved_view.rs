//! Saved views: each administrator's own, bounded, with unique names.

use entity::admin::Role;
use futures_util::future::join_all;
use serde_json::json;

use super::team;
use crate::support::{Caller, ControlPlane, code, test_context};

async fn create(caller: &Caller, page: &str, name: &str, search: &str) -> serde_json::Value {
    let create = "mutation($input: CreateSavedViewInput!) { createSavedView(input: $input) {
        view { id name page search } } }";
    let input = json!({ "page": page, "name": name, "search": search });
    caller.ask_with(create, json!({ "input": input })).await
}

/// Another administrator, signed in.
async fn member(plane: &ControlPlane, role: &str) -> Caller {
    team::create(&plane.script(Role::Owner).await, "other", role).await;
    team::sign_in(plane, "other").await
}

async fn names(caller: &Caller, page: &str) -> Vec<String> {
    let answer = caller
        .ask(&format!("{{ savedViews(page: {page}) {{ name search }} }}"))
        .await;
    let views = answer["data"]["savedViews"].as_array();
    let views = views.unwrap_or_else(|| panic!("{answer}")).iter();
    let text = |view: &serde_json::Value| {
        let part = |name: &str| view[name].as_str().unwrap().to_owned();
        format!("{}?{}", part("name"), part("search"))
    };
    views.map(text).collect()
}

#[tokio::test]
async fn a_view_is_saved_renamed_replaced_and_deleted() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    let created = create(&admin, "USAGE", " Models ", "?by=MODEL&range=THIS_MONTH").await;
    let id = created["data"]["createSavedView"]["view"]["id"].as_str();
    let id = id.unwrap_or_else(|| panic!("{created}"));
    create(&admin, "REQUESTS", "Models", "model=gpt-5").await;
    create(&admin, "USAGE", "All", "").await;

    assert_eq!(
        names(&admin, "USAGE").await,
        ["All?", "Models?by=MODEL&range=THIS_MONTH"]
    );
    assert_eq!(names(&admin, "REQUESTS").await, ["Models?model=gpt-5"]);

    let update = |input: &str| {
        format!(
            "mutation {{ updateSavedView(id: \"{id}\", input: {{ {input} }}) {{ view {{ name }} }} }}"
        )
    };
    let taken = admin.ask(&update("name: \"All\"")).await;
    assert_eq!(code(&taken), "CONFLICT", "{taken}");
    admin.ask(&update("name: \"By model\"")).await;
    admin.ask(&update("search: \"by=USER\"")).await;
    assert_eq!(names(&admin, "USAGE").await, ["All?", "By model?by=USER"]);

    let delete = format!("mutation {{ deleteSavedView(id: \"{id}\") {{ view {{ id }} }} }}");
    assert_eq!(code(&admin.ask(&delete).await), "");
    assert_eq!(code(&admin.ask(&delete).await), "NOT_FOUND");
    assert_eq!(names(&admin, "USAGE").await, ["All?"]);
}

#[tokio::test]
async fn another_administrators_views_are_neither_seen_nor_changed() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    let created = create(&admin, "USAGE", "mine", "by=MODEL").await;
    let id = &created["data"]["createSavedView"]["view"]["id"];
    let other = member(&plane, "VIEWER").await;

    assert!(names(&other, "USAGE").await.is_empty());
    for change in [
        format!("updateSavedView(id: {id}, input: {{ name: \"x\" }}) {{ view {{ id }} }}"),
        format!("deleteSavedView(id: {id}) {{ view {{ id }} }}"),
    ] {
        let answer = other.ask(&format!("mutation {{ {change} }}")).await;
        assert_eq!(code(&answer), "NOT_FOUND", "{answer}");
    }
    // A viewer saves views, under the same name too.
    let own = create(&other, "USAGE", "mine", "by=USER").await;
    assert_eq!(code(&own), "", "{own}");
    assert_eq!(names(&admin, "USAGE").await, ["mine?by=MODEL"]);
}

#[tokio::test]
async fn views_are_bounded_also_when_many_are_saved_together() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    for (name, search) in [
        ("", ""),
        (" ", ""),
        (&*"n".repeat(61), ""),
        ("a", &*"s".repeat(2001)),
        ("a\u{7}", ""),
    ] {
        let answer = create(&admin, "USAGE", name, search).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{name:?}: {answer}");
    }
    let longest = create(&admin, "USAGE", &"n".repeat(60), &"s".repeat(2000)).await;
    assert_eq!(code(&longest), "", "{longest}");

    let numbers: Vec<String> = (0..55).map(|number| format!("view {number}")).collect();
    let attempts = numbers.iter().map(|name| create(&admin, "USAGE", name, ""));
    let answers = join_all(attempts).await;

    let saved = answers.iter().filter(|answer| code(answer).is_empty());
    assert_eq!(saved.count(), 49);
    assert_eq!(names(&admin, "USAGE").await.len(), 50);
    let other_page = create(&admin, "REQUESTS", "view", "").await;
    assert_eq!(code(&other_page), "", "{other_page}");
}

#[tokio::test]
async fn views_go_with_their_administrator() {
    let plane = ControlPlane::start().await;
    let other = member(&plane, "ADMIN").await;
    create(&other, "USAGE", "mine", "").await;
    let admins = plane.services.admins.list().await.unwrap();
    let other = admins.iter().find(|admin| admin.username == "other");

    let removed = plane
        .services
        .admins
        .remove(test_context(), other.unwrap().id);
    removed.await.unwrap();

    let views = plane
        .services
        .saved_views
        .list(other.unwrap().id, entity::saved_view::ViewPage::Usage);
    assert!(views.await.unwrap().is_empty());
}
