import { Client } from "@urql/core";
import { expect, test } from "vitest";
import { makeSubject, pipe, subscribe } from "wonka";
import { answering } from "../test/render";
import { graphql } from "./generated";
import { reaskExchange, reconnects } from "./reconnects";

const VersionQuery = graphql(`
  query VersionInTest {
    serverInfo {
      version
    }
  }
`);

test("what is shown is asked for again when the line comes back, and nothing else", async () => {
  let asked = 0;
  const { exchange, reask } = reaskExchange();
  const answers = answering({
    VersionInTest() {
      asked += 1;
      return { data: { serverInfo: { __typename: "ServerInfo", version: String(asked) } } };
    },
  });
  const client = new Client({ url: "/", preferGetMethod: false, exchanges: [exchange, answers] });
  const seen: (string | undefined)[] = [];
  const before = reconnects();
  const { unsubscribe } = pipe(
    client.query(VersionQuery, {}),
    subscribe((result) => seen.push(result.data?.serverInfo.version)),
  );

  reask();
  await expect.poll(() => seen).toEqual(["1", "2"]);
  expect(reconnects()).toBe(before + 1);

  unsubscribe();
  reask();
  await Promise.resolve();
  expect(asked).toBe(2);
});

const RefreshMutation = graphql(`
  mutation RefreshInTest {
    logout {
      signedOut
    }
  }
`);

test.each(["a reconnect", "a mutation"])(
  "a query in flight at %s is repeated after its answer",
  async (reason) => {
    const { source, next } = makeSubject<{ data: unknown }>();
    let asked = 0;
    const { exchange, reask } = reaskExchange();
    const answers = answering({
      VersionInTest() {
        asked += 1;
        return source as never;
      },
      RefreshInTest: () => ({ data: { logout: { __typename: "LogoutPayload", signedOut: true } } }),
    });
    const client = new Client({ url: "/", preferGetMethod: false, exchanges: [exchange, answers] });
    const { unsubscribe } = pipe(
      client.query(VersionQuery, {}),
      subscribe(() => {}),
    );

    if (reason === "a mutation") await client.mutation(RefreshMutation, {}).toPromise();
    else reask();
    await Promise.resolve();
    expect(asked).toBe(1);
    next({ data: { serverInfo: { __typename: "ServerInfo", version: "1" } } });
    await expect.poll(() => asked).toBe(2);
    next({ data: { serverInfo: { __typename: "ServerInfo", version: "2" } } });
    await Promise.resolve();
    expect(asked).toBe(2);
    unsubscribe();
  },
);
