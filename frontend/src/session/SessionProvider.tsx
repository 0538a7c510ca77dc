import { Provider } from "@urql/solid";
import { batch, createContext, createSignal, type JSX, onMount, useContext } from "solid-js";
import { createGraphqlClient, NEVER_HELD } from "../graphql/client";
import { errorCode } from "../graphql/errors";
import { graphql } from "../graphql/generated";
import type { Role, SessionQuery as SessionData } from "../graphql/generated/graphql";
import type { Connection } from "../graphql/live";
import { RoleContext } from "../graphql/may";
import { forgetUserKey, userKey } from "../graphql/userKey";
import { t } from "../i18n";
import { loadProviders } from "../ui/providers";
import { notify } from "../ui/Toaster";

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
    viewer {
      __typename
      ... on KeyHolder {
        user {
          id
          name
        }
        apiKey {
          id
          name
        }
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

/** An end user who signed in with their key. */
export type KeyHolder = Extract<SessionData["viewer"], { apiKey: unknown }>;

type SessionContext = {
  /** "unreachable" only before the first answer; later the pages say what failed. */
  status: () => "loading" | "known" | "unreachable";
  session: () => SessionData["session"] | undefined;
  keyHolder: () => KeyHolder | undefined;
  serverInfo: () => SessionData["serverInfo"] | undefined;
  connection: () => Connection;
  /** Whether a session ended on this page. */
  hasEnded: () => boolean;
  /** Whether the administrator's session has ended while the page stays as it is: `session` is the ended one. */
  isLocked: () => boolean;
  /** Gives the page up, for the sign-in page. */
  leave: () => void;
  /** Asks the server who is signed in; resolves when the answer is in place. */
  refresh: () => Promise<void>;
};

const Context = createContext<SessionContext>();

function keyHolderOf(answer: SessionData | undefined): KeyHolder | undefined {
  return answer?.viewer && "apiKey" in answer.viewer ? answer.viewer : undefined;
}

/** The new role of an administrator who stayed signed in, or signed in again; undefined if it is the same. */
function changedRole(before: SessionData | undefined, after: SessionData): Role | undefined {
  const [known, now] = [before?.session?.admin, after.session?.admin];
  return known?.id === now?.id && known?.role !== now?.role ? now?.role : undefined;
}

/** Knows who is signed in, and gives every page the client that speaks for them. */
export function SessionProvider(props: { children: JSX.Element }) {
  const [answer, setAnswer] = createSignal<SessionData>();
  const [failed, setFailed] = createSignal(false);
  const [hasEnded, setEnded] = createSignal(false);
  const [isLocked, setLocked] = createSignal(false);
  const [connection, setConnection] = createSignal<Connection>("idle");

  const { client, reask } = createGraphqlClient({
    // Queries the session again, because a wrong password in a form must not sign the administrator out.
    onUnauthenticated: () => void refresh(),
    // The role may have changed: the page must offer what it allows now.
    onForbidden: () => void refreshOnce(),
    onConnection(state) {
      setConnection(state);
      if (state === "lost") void refresh();
    },
  });

  function accept(data: SessionData) {
    const isIn = (known: SessionData | undefined) => Boolean(known?.session ?? keyHolderOf(known));
    const wasLocked = isLocked();
    setLocked(!isIn(data) && Boolean(answer()?.session));
    if (isLocked()) return;
    setEnded(!isIn(data) && (hasEnded() || isIn(answer())));
    const changed = changedRole(answer(), data);
    setAnswer(data);
    if (changed)
      notify({ tone: "ok", text: t("session.roleChanged", { role: t(`roles.${changed}.label`) }) });
    // Queries that were sent while signed out got no answer, so send them again.
    if (wasLocked || changed) reask();
  }
  function leave() {
    const known = answer();
    if (!known) return;
    batch(() => {
      setEnded(isLocked());
      setLocked(false);
      setAnswer({ ...known, session: null });
    });
  }

  async function refresh() {
    const providers = loadProviders(client);
    const asked = userKey();
    const result = await client.query(SessionQuery, {}, NEVER_HELD);
    if (userKey() && errorCode(result.error) === "UNAUTHENTICATED") {
      // The key was revoked or has expired, and every query with it is rejected: ask again anonymously, or with the
      // key that has replaced it meanwhile.
      if (userKey() === asked) forgetUserKey();
      return refresh();
    }
    // Pages show names and colours of providers from their first frame.
    const areProvidersKnown = await providers;
    setFailed(result.data === undefined || !areProvidersKnown);
    if (result.data && areProvidersKnown) accept(result.data);
  }
  let refreshing: Promise<void> | undefined;
  /** Concurrent rejections share one query. */
  async function refreshOnce() {
    refreshing ??= refresh().finally(() => {
      refreshing = undefined;
    });
    await refreshing;
  }
  onMount(() => void refresh());

  const role = () => answer()?.session?.admin.role;
  const context: SessionContext = {
    status: () => (answer() ? "known" : failed() ? "unreachable" : "loading"),
    session: () => answer()?.session,
    keyHolder: () => keyHolderOf(answer()),
    serverInfo: () => answer()?.serverInfo,
    connection,
    hasEnded,
    isLocked,
    leave,
    refresh,
  };
  return (
    <Provider value={client}>
      <Context.Provider value={context}>
        <RoleContext.Provider value={role}>{props.children}</RoleContext.Provider>
      </Context.Provider>
    </Provider>
  );
}

/** The session, and information about the server. */
export function useSession(): SessionContext {
  const context = useContext(Context);
  if (!context) throw new Error("useSession needs a SessionProvider around it");
  return context;
}
