import { Client, cacheExchange, fetchExchange, mapExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { urlBesideApp } from "../lib/baseUrl";
import { csrfAuth, FETCH_OPTIONS } from "./csrf";
import { errorCode } from "./errors";
import { type Connection, liveExchange } from "./live";
import { reaskExchange } from "./reconnects";

type ClientEvents = {
  onUnauthenticated: () => void;
  onConnection: (connection: Connection) => void;
};

/** Builds the client: one endpoint for everything, a WebSocket to it for what is live. */
export function createGraphqlClient(events: ClientEvents): Client {
  const url = urlBesideApp("graphql").href;
  const { exchange: reasking, reask } = reaskExchange();
  let isLost = false;

  function onConnection(connection: Connection) {
    events.onConnection(connection);
    if (connection === "open" && isLost) reask();
    isLost = connection === "lost";
  }
  return new Client({
    url,
    preferGetMethod: false,
    requestPolicy: "cache-and-network",
    fetchOptions: FETCH_OPTIONS,
    exchanges: [
      mapExchange({
        onError(error) {
          if (errorCode(error) === "UNAUTHENTICATED") events.onUnauthenticated();
        },
      }),
      reasking,
      cacheExchange,
      authExchange(csrfAuth(url)),
      liveExchange(onConnection),
      fetchExchange,
    ],
  });
}
