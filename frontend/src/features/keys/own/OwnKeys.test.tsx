import { render, screen, waitFor, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { App } from "../../../App";
import { keepUserKey, userKey } from "../../../graphql/userKey";
import { SOME_PROVIDERS } from "../../../test/providers";

const OLD = "sk-ada-old";
const NEW = "sk-ada-new";

/** A server with one user, who manages their own keys. */
class FakeServer {
  accepted = [OLD];
  isAllowed = true;
  active = 2;
  /** The keys that operations came with after the rotation. */
  late: string[] = [];
  isRotated = false;

  answer(query: string, key: string): unknown {
    if (this.isRotated) this.late.push(key);
    if (!this.accepted.includes(key)) return this.refuse("UNAUTHENTICATED");
    if (query.includes("query Session")) return { data: this.whoIs() };
    if (query.includes("query SupportedProviders"))
      return { data: { supportedProviders: SOME_PROVIDERS } };
    if (query.includes("query OwnKeys")) return { data: { viewer: this.own() } };
    if (query.includes("mutation RotateOwnApiKey")) return this.rotate();
    if (query.includes("mutation CreateOwnApiKey")) return this.refuse("FEATURE_DISABLED");
    return { data: null };
  }

  private key() {
    const id = this.isRotated ? "k3" : "k1";
    return { ...apiKey(id, "laptop") };
  }

  private whoIs() {
    const serverInfo = { version: "0", publicUrl: "", setupRequired: false, engineMode: "DEMO" };
    const user = { __typename: "User", id: "u1", name: "Ada" };
    const viewer = { __typename: "KeyHolder", user, apiKey: this.key() };
    return { session: null, viewer, serverInfo };
  }

  private own() {
    const { isAllowed, active } = this;
    const keys = [this.key(), apiKey("k2", "wider")];
    return {
      __typename: "KeyHolder",
      apiKey: this.key(),
      ownKeys: {
        __typename: "OwnKeys",
        isAllowed,
        maximum: 3,
        active,
        manageableIds: isAllowed ? [this.key().id] : [],
      },
      user: { __typename: "User", id: "u1", apiKeys: keys },
    };
  }

  private rotate() {
    this.accepted = [NEW];
    this.isRotated = true;
    const replaced = { ...apiKey("k1", "laptop"), state: "REVOKED" };
    const rotated = { __typename: "RotateOwnApiKeyPayload", apiKey: this.key(), replaced };
    return { data: { rotateOwnApiKey: { ...rotated, secret: NEW } } };
  }

  private refuse(code: string) {
    return { data: null, errors: [{ message: "no", extensions: { code } }] };
  }
}

function apiKey(id: string, name: string) {
  return {
    __typename: "ApiKey",
    id,
    name,
    prefix: "sk-ada-73yM",
    lastFour: "7Jnt",
    state: "ACTIVE",
    lastUsedAt: null,
    expiresAt: null,
    allowedModels: null,
    agentSignIn: null,
  };
}

let server = new FakeServer();
const user = userEvent.setup();

beforeEach(() => {
  server = new FakeServer();
  keepUserKey(OLD);
  // Without it the app would be below the directory of the page.
  document.head.append(Object.assign(document.createElement("base"), { href: "/" }));
  history.replaceState(null, "", "/me/keys");
  vi.stubGlobal("fetch", async (_url: string, request: RequestInit) => {
    const { query } = JSON.parse(String(request.body));
    const key = new Headers(request.headers).get("authorization") ?? "";
    const answer = server.answer(query, key.replace("Bearer ", ""));
    return new Response(JSON.stringify(answer), {
      headers: { "content-type": "application/json" },
    });
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  sessionStorage.clear();
  document.querySelector("base")?.remove();
  history.replaceState(null, "", "/");
});

test("the page stays signed in when the user rotates the key that they are signed in with", async () => {
  render(() => <App />);
  await user.click(await screen.findByRole("button", { name: "Actions for laptop" }));
  await user.click(await screen.findByRole("menuitem", { name: "Rotate" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Rotate laptop" }));
  expect(dialog.getByText(/This page stays signed in with the new one/)).toBeTruthy();
  await user.selectOptions(dialog.getByLabelText("Expire old key"), "0");
  await user.click(dialog.getByRole("button", { name: "Rotate" }));

  expect(await screen.findByText(NEW)).toBeTruthy();
  await waitFor(() => expect(server.late.length).toBeGreaterThan(0));
  expect(new Set(server.late)).toEqual(new Set([NEW]));
  expect(userKey()).toBe(NEW);
  expect(location.pathname).toBe("/me/keys");
});

test("a key that may do more than the one in use offers no actions", async () => {
  render(() => <App />);

  await screen.findByRole("button", { name: "Actions for laptop" });
  expect(screen.queryByRole("button", { name: "Actions for wider" })).toBeNull();
});

test("where users may not manage keys, the page names the administrator and offers nothing", async () => {
  server.isAllowed = false;
  render(() => <App />);

  expect(await screen.findByText(/an administrator manages keys/)).toBeTruthy();
  expect(await screen.findByText("wider")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Actions for/ })).toBeNull();
  expect(screen.queryByRole("button", { name: "Create key" })).toBeNull();
});

test("at the maximum a key can only be rotated immediately", async () => {
  server.active = 3;
  render(() => <App />);

  expect(await screen.findByText(/the maximum of 3 active keys/)).toBeTruthy();
  const create = screen.getByRole("button", { name: "Create key" });
  expect((create as HTMLButtonElement).disabled).toBe(true);
  await user.click(screen.getByRole("button", { name: "Actions for laptop" }));
  await user.click(await screen.findByRole("menuitem", { name: "Rotate" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Rotate laptop" }));
  expect(dialog.getAllByRole("option").map((option) => option.textContent)).toEqual([
    "Immediately",
  ]);
});

test("a feature that was turned off while the page was open is explained in the dialog", async () => {
  render(() => <App />);
  await user.click(await screen.findByRole("button", { name: "Create key" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Create key" }));
  await user.type(dialog.getByLabelText("Name"), "phone");
  await user.click(dialog.getByRole("button", { name: "Create key" }));

  const notice = await dialog.findByRole("alert");
  expect(notice.textContent).toContain("This is turned off on this server.");
});
