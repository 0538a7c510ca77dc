import { createRoot } from "solid-js";
import { createStore } from "solid-js/store";
import { expect, test } from "vitest";
import { createAgain } from "./createAgain";

function setUp() {
  const [answer, setAnswer] = createStore({ fetching: true, stale: false });
  let asked = 0;
  const ask = () => {
    asked += 1;
    setAnswer("fetching", true);
  };
  const again = createRoot(() => createAgain(answer, ask));
  return { again, setAnswer, asked: () => asked };
}

test("a query in flight is sent again once it is answered, however often that was wanted", async () => {
  const { again, setAnswer, asked } = setUp();

  again();
  again();
  await Promise.resolve();
  expect(asked()).toBe(0);
  setAnswer("fetching", false);
  await Promise.resolve();
  expect(asked()).toBe(1);

  setAnswer("fetching", false);
  await Promise.resolve();
  expect(asked()).toBe(1);
});

test("an answer from the cache is waited for until it is fresh", async () => {
  const { again, setAnswer, asked } = setUp();
  setAnswer({ fetching: false, stale: true });

  again();
  await Promise.resolve();
  expect(asked()).toBe(0);
  setAnswer("stale", false);
  await Promise.resolve();
  expect(asked()).toBe(1);
});

test("a query at rest is sent again immediately", async () => {
  const { again, setAnswer, asked } = setUp();
  setAnswer("fetching", false);

  again();
  await Promise.resolve();

  expect(asked()).toBe(1);
});
