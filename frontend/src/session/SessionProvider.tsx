import { Provider } from "@urql/solid";
import { createContext, createSignal, type JSX, onMount, useContext } from "solid-js";
import { createGraphqlClient } from "../graphql/client";
import { graphql } from "../graphql/generated";
import type { SessionQuery as SessionData } from "../graphql/generated/graphql";
import type { Connection } from "../graphql/live";

const SessionQuery = graphql(`
  query Session {
    session {
      id
      admin {
        id
        username
        role
      }
    }
    serverInfo {
      version
      publicUrl
      setupRequired
      engineMode
    }
  }
`);

type SessionContext = {
  /** "unreachable" only before the first answer; later the pages say what failed. */
  status: () => "loading" | "known" | "unreachable";
  session: () => SessionData["session"] | undefined;
  serverInfo: () => SessionData["serverInfo"] | undefined;
  connection: () => Connection;
  /** Asks the server who is signed in; resolves when the answer is in place. */
  refresh: () => Promise<void>;
};

const Context = createContext<SessionContext>();

/** Knows who is signed in, and gives every page the client that speaks for them. */
export function SessionProvider(props: { children: JSX.Element }) {
  const [answer, setAnswer] = createSignal<SessionData>();
  const [failed, setFailed] = createSignal(false);
  const [connection, setConnection] = createSignal<Connection>("idle");

  const client = createGraphqlClient({
    // Asking again, instead of believing one answer, keeps a wrong password from signing anybody out.
    onUnauthenticated: () => void refresh(),
    onConnection(state) {
      setConnection(state);
      if (state === "lost") void refresh();
    },
  });

  async function refresh() {
    const result = await client.query(SessionQuery, {}, { requestPolicy: "network-only" });
    setFailed(result.data === undefined);
    if (result.data) setAnswer(result.data);
  }
  onMount(() => void refresh());

  const context: SessionContext = {
    status: () => (answer() ? "known" : failed() ? "unreachable" : "loading"),
    session: () => answer()?.session,
    serverInfo: () => answer()?.serverInfo,
    connection,
    refresh,
  };
  return (
    <Provider value={client}>
      <Context.Provider value={context}>{props.children}</Context.Provider>
    </Provider>
  );
}

/** Who is signed in, and to what server. */
export function useSession(): SessionContext {
  const context = useContext(Context);
  if (!context) throw new Error("useSession needs a SessionProvider around it");
  return context;
}
