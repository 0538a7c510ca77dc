import { type Exchange, type ExecutionResult, subscriptionExchange } from "@urql/core";
import { type Client, createClient, type Sink, type SubscribePayload } from "graphql-ws";
import { urlBesideApp } from "../lib/baseUrl";
import { csrfToken } from "./csrf";
import { startedSocket } from "./startedSocket";
import { keyAuthorization } from "./userKey";

/** The state of the WebSocket connection to the server. */
export type Connection = "idle" | "open" | "lost";

const KEEP_ALIVE_MS = 10_000;
const RETRY_MS = 5_000;
const LONGEST_WAIT_MS = 10_000;
const CLEAN = 1000;

function socketUrl(): string {
  const url = urlBesideApp("graphql");
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

function isClean(event: unknown): boolean {
  return event instanceof CloseEvent && event.code === CLEAN;
}

/** How long to wait before the next attempt: 1 s, 2 s, 4 s … up to 10 s, each with some jitter. */
export function waitMs(retries: number): number {
  return Math.min(1000 * 2 ** retries, LONGEST_WAIT_MS) * (0.75 + Math.random() / 4);
}

/** Waits; ends early when the network or the user returns, because a connection may succeed then. */
function awakened(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
  });
}

/** The cursor of a feed, if its events have one. */
function cursorOf(result: ExecutionResult): string | undefined {
  const event: unknown = Object.values(result.data ?? {})[0];
  if (typeof event !== "object" || event === null || !("cursor" in event)) return undefined;
  return typeof event.cursor === "string" ? event.cursor : undefined;
}

/**
 * A subscription that passes `after`, even as null, goes on where it stood after a reconnect:
 * graphql-ws sends this very payload again, so it is kept up to date.
 */
export function resuming(
  payload: SubscribePayload & { variables: Record<string, unknown> },
  sink: Sink<ExecutionResult>,
): Sink<ExecutionResult> {
  if (!("after" in payload.variables)) return sink;
  return {
    next(result) {
      payload.variables.after = cursorOf(result) ?? payload.variables.after;
      sink.next(result);
    },
    error: (error) => sink.error(error),
    complete: () => sink.complete(),
  };
}

/** Reconnects even after a close that graphql-ws treats as final, such as for a stale CSRF token. */
function persist(socket: Client, payload: SubscribePayload, sink: Sink<ExecutionResult>) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsubscribe = () => {};
  function subscribe() {
    unsubscribe = socket.subscribe(payload, {
      ...sink,
      error(error) {
        // A close or a failed connection: a response with errors is not an event.
        if (error instanceof Event) timer = setTimeout(subscribe, RETRY_MS);
        else sink.error(error);
      },
    });
  }
  subscribe();
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}

/** Sends subscriptions over one WebSocket, which reconnects for as long as there are subscribers. */
export function liveExchange(onConnection: (connection: Connection) => void): Exchange {
  const subscriptions = new Map<string, SubscribePayload>();
  const openings = new WeakMap<SubscribePayload, () => void>();
  const started = startedSocket((id) => {
    const payload = subscriptions.get(id);
    if (payload) openings.get(payload)?.();
  });
  let count = 0;
  const socket = createClient({
    url: socketUrl(),
    webSocketImpl: started.socket,
    generateID(payload) {
      count += 1;
      subscriptions.set(String(count), payload);
      return String(count);
    },
    lazy: true,
    retryAttempts: Number.POSITIVE_INFINITY,
    // Also when the connection was rejected, which graphql-ws treats as final.
    shouldRetry: () => true,
    retryWait: (retries) => awakened(waitMs(retries)),
    keepAlive: KEEP_ALIVE_MS,
    connectionParams: () => ({ csrfToken: csrfToken(), authorization: keyAuthorization() }),
    on: {
      connected: () => onConnection("open"),
      pong: (isReceived) => isReceived && started.answered(),
      closed(event) {
        started.closed();
        onConnection(isClean(event) ? "idle" : "lost");
      },
    },
  });
  return subscriptionExchange({
    forwardSubscription: (request, operation) => ({
      subscribe(sink) {
        const payload = {
          query: request.query ?? "",
          variables: { ...request.variables } as Record<string, unknown>,
        };
        const onOpen: unknown = operation.context.onOpen;
        if (typeof onOpen === "function") openings.set(payload, () => onOpen());
        const unsubscribe = persist(socket, payload, resuming(payload, sink));
        return {
          unsubscribe() {
            unsubscribe();
            for (const [id, known] of subscriptions) {
              if (known === payload) subscriptions.delete(id);
            }
          },
        };
      },
    }),
  });
}
