// The GraphQL explorer: runs operations with the session of this browser and shows the schema.
"use strict";

const at = (id) => document.getElementById(id);
const ENDPOINT = "graphql";
const TYPE = "name kind ofType { name kind ofType { name kind ofType { name kind } } }";
const INTROSPECTION = `{ __schema { types { name kind description
  fields { name description args { name type { ${TYPE} } } type { ${TYPE} } }
  inputFields { name description type { ${TYPE} } }
  enumValues { name description } } } }`;

let csrfToken = null;
let running = null;

function headers(accept) {
  const all = { "Content-Type": "application/json", Accept: accept };
  if (csrfToken) all["X-CSRF-Token"] = csrfToken;
  return all;
}

async function send(query, variables, accept, signal) {
  const body = JSON.stringify({ query, variables });
  return fetch(ENDPOINT, { method: "POST", headers: headers(accept), body, signal });
}

async function ask(query) {
  return (await send(query, {}, "application/json")).json();
}

function show(text) {
  at("answer").textContent = text;
}

async function follow(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const events = (rest + part.value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: {"));
      if (data) show(`${JSON.stringify(JSON.parse(data.slice(6)), null, 2)}\n\n${at("answer").textContent}`);
    }
  }
}

async function run() {
  stop();
  running = new AbortController();
  at("status").textContent = "running…";
  const started = performance.now();
  try {
    const query = at("query").value;
    const variables = JSON.parse(at("variables").value || "{}");
    const isLive = /^\s*subscription\b/m.test(query);
    at("stop").hidden = !isLive;
    show("");
    const response = await send(query, variables, isLive ? "text/event-stream" : "application/json", running.signal);
    if (isLive && response.ok) await follow(response);
    else show(JSON.stringify(await response.json(), null, 2));
    at("status").textContent = `${response.status} · ${Math.round(performance.now() - started)} ms`;
  } catch (error) {
    at("status").textContent = error.name === "AbortError" ? "stopped" : String(error.message);
  }
  at("stop").hidden = true;
}

function stop() {
  if (running) running.abort();
}

function typeName(type) {
  if (type.kind === "NON_NULL") return `${typeName(type.ofType)}!`;
  if (type.kind === "LIST") return `[${typeName(type.ofType)}]`;
  return type.name;
}

function signature(field) {
  const args = (field.args || []).map((arg) => `${arg.name}: ${typeName(arg.type)}`).join(", ");
  return `${field.name}${args ? `(${args})` : ""}${field.type ? `: ${typeName(field.type)}` : ""}`;
}

function entry(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function typeEntry(type) {
  const members = [...(type.fields || []), ...(type.inputFields || []), ...(type.enumValues || [])];
  const details = document.createElement("details");
  details.append(entry("summary", type.name), entry("p", type.description || ""));
  const list = document.createElement("dl");
  for (const member of members) list.append(entry("dt", signature(member)), entry("dd", member.description || ""));
  details.append(list);
  details.dataset.text = [type.name, ...members.map((member) => member.name)].join(" ").toLowerCase();
  return details;
}

function filterSchema() {
  const wanted = at("search").value.trim().toLowerCase();
  for (const details of at("schema").children) details.hidden = !details.dataset.text.includes(wanted);
}

async function begin() {
  at("query").value = localStorage.getItem("explorer.query") || "{\n  viewer { __typename }\n  serverInfo { version publicUrl }\n}\n";
  const session = await ask("{ session { csrfToken } }");
  csrfToken = session.data && session.data.session ? session.data.session.csrfToken : null;
  const schema = await ask(INTROSPECTION);
  const types = schema.data.__schema.types.filter((type) => !type.name.startsWith("__"));
  const first = ["Subscription", "Mutation", "Query"];
  types.sort((a, b) => first.indexOf(b.name) - first.indexOf(a.name) || a.name.localeCompare(b.name));
  at("schema").append(...types.map(typeEntry));
}

at("run").addEventListener("click", run);
at("stop").addEventListener("click", stop);
at("search").addEventListener("input", filterSchema);
at("query").addEventListener("input", () => localStorage.setItem("explorer.query", at("query").value));
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});
begin();
