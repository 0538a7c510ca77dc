import { Client, cacheExchange, type Exchange, fetchExchange, mapExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { filter, pipe } from "wonka";
import { urlBesideApp } from "../lib/baseUrl";
import { csrfAuth, FETCH_OPTIONS } from "./csrf";
import { errorCode } from "./errors";
import { type Connection, liveExchange } from "./live";
import { reaskExchange } from "./reconnects";
import { userKey } from "./userKey";

type ClientEvents = {
  onUnauthenticated: () => void;
  onForbidden: () => void;
  onConnection: (connection: Connection) => void;
};

/** The context of a query that handles `UNAUTHENTICATED` itself: the query for the session. */
export const NEVER_HELD = { isNeverHeld: true, requestPolicy: "network-only" } as const;

/**
 * Leaves queries unanswered that were refused because the session has ended: the page keeps what it shows, and asks
 * again after the next sign-in. With a user's key there is nothing to hold: the page goes.
 */
const holdingExchange: Exchange =
  ({ forward }) =>
  (operations) =>
    pipe(
      forward(operations),
      filter(
        ({ operation, error }) =>
          operation.kind !== "query" ||
          errorCode(error) !== "UNAUTHENTICATED" ||
          operation.context.isNeverHeld === true ||
          userKey() !== undefined,
      ),
    );

/** Calls `onData` of a mutation's context with its result, before the cache sends queries again because of it. */
const dataExchange: Exchange = mapExchange({
  onResult({ data, operation }) {
    const onData: unknown = operation.context.onData;
    if (operation.kind === "mutation" && data && typeof onData === "function") onData(data);
  },
});

/**
 * Builds the client: one endpoint for everything, a WebSocket to it for what is live. `reask` sends the queries of
 * the page again.
 */
export function createGraphqlClient(events: ClientEvents): { client: Client; reask: () => void } {
  const url = urlBesideApp("graphql").href;
  const { exchange: reasking, reask } = reaskExchange();
  let isLost = false;

  function onConnection(connection: Connection) {
    events.onConnection(connection);
    if (connection === "open" && isLost) reask();
    isLost = connection === "lost";
  }
  const client = new Client({
    url,
    preferGetMethod: false,
    requestPolicy: "cache-and-network",
    fetchOptions: FETCH_OPTIONS,
    exchanges: [
      holdingExchange,
      mapExchange({
        onError(error) {
          if (errorCode(error) === "UNAUTHENTICATED") events.onUnauthenticated();
          if (errorCode(error) === "FORBIDDEN") events.onForbidden();
        },
      }),
      reasking,
      cacheExchange,
      dataExchange,
      authExchange(csrfAuth(url)),
      liveExchange(onConnection),
      fetchExchange,
    ],
  });
  return { client, reask };
}
