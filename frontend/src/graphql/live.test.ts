import { expect, test } from "vitest";
import { resuming, waitMs } from "./live";

const silent = { next() {}, error() {}, complete() {} };

test("a feed goes on after the last event it has seen", () => {
  const payload = { query: "", variables: { after: null } as Record<string, unknown> };
  const sink = resuming(payload, silent);

  sink.next({ data: { requestLogged: { cursor: "c41" } } });
  sink.next({ data: { requestLogged: { cursor: "c42" } } });

  expect(payload.variables.after).toBe("c42");
});

test("a subscription that cannot resume is sent again as it was", () => {
  const payload = { query: "", variables: { tail: 100 } as Record<string, unknown> };

  resuming(payload, silent).next({ data: { engineLog: { cursor: "c41" } } });

  expect(payload.variables).toEqual({ tail: 100 });
});

test("attempts to reconnect never wait longer than ten seconds", () => {
  const waits = [0, 1, 2, 3, 10, 40].map(waitMs);

  for (const wait of waits) expect(wait).toBeLessThanOrEqual(10_000);
  expect(waits[0]).toBeLessThanOrEqual(1000);
  expect(waits[5]).toBeGreaterThanOrEqual(7500);
});
