import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { makeAlert } from "../../test/alerts";
import { renderPage } from "../../test/render";
import { OpenAlerts } from ".";

const failing = makeAlert({
  id: "a1",
  kind: "ACCOUNT_FAILING",
  severity: "CRITICAL",
  subject: { id: "a", name: "work" },
  detail: { provider: "CLAUDE", reason: "HTTP 401" },
});
const seen = makeAlert({
  id: "a2",
  kind: "BACKUP_FAILED",
  acknowledgedAt: "2026-11-25T11:30:00Z",
  acknowledgedBy: "grace",
});
const engine = makeAlert({ id: "a3", kind: "ENGINE_DOWN", severity: "CRITICAL" });

function renderAlerts(role: "VIEWER" | "ADMIN", nodes = [failing, seen, engine]) {
  const sent: unknown[] = [];
  renderPage(
    OpenAlerts,
    {
      OpenAlerts: () => ({ data: { alerts: { totalCount: nodes.length, nodes } } }),
      AcknowledgeAlerts: ({ ids }) => {
        sent.push(ids);
        return { data: { acknowledgeAlerts: { alerts: [] } } };
      },
    },
    role,
  );
  return sent;
}

test("an alert shows its cause and its remedy, and is acknowledged alone or with the others", async () => {
  const sent = renderAlerts("ADMIN");

  await screen.findByText("HTTP 401");
  expect(screen.getByText(/Acknowledged by grace/)).toBeDefined();
  const links = screen.getAllByRole("link").map((link) => link.getAttribute("href"));
  expect(links).toEqual(["/providers", "/engine"]);
  const one = "Acknowledge: Claude account work: Account failing";
  await userEvent.click(screen.getByRole("button", { name: one }));
  await userEvent.click(screen.getByRole("button", { name: "Acknowledge all" }));

  expect(sent).toEqual([["a1"], ["a1", "a3"]]);
  expect(screen.queryByRole("button", { name: /Scheduled backups/ })).toBeNull();
});

test("a viewer sees the alerts without what they may not do", async () => {
  renderAlerts("VIEWER");

  await screen.findByText("HTTP 401");
  expect(screen.queryByRole("button")).toBeNull();
  const links = screen.getAllByRole("link").map((link) => link.textContent);
  expect(links).toEqual(["View", "View"]);
});

test("without open alerts, the page explains what would be listed", async () => {
  renderAlerts("ADMIN", []);

  expect(await screen.findByText("No open alerts")).toBeDefined();
});
