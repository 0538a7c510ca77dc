import { Route, Router, usePreloadRoute } from "@solidjs/router";
import { type JSX, lazy, Show } from "solid-js";
import { isFrameTranslated, isTranslated } from "./i18n";
import { appPath } from "./lib/baseUrl";
import { LoginPage } from "./session/LoginPage";
import { RequireSession } from "./session/RequireSession";
import { SessionProvider } from "./session/SessionProvider";
import { SetupPage } from "./session/SetupPage";
import { KeyHolderShell } from "./shell/KeyHolderShell";
import { PageAnnouncer } from "./shell/PageAnnouncer";
import { Shell } from "./shell/Shell";
import { Loading } from "./ui/Loading";

const AccountGroupsPage = lazy(() => import("./pages/accountGroups/AccountGroupsPage"));
const AccountGroupPage = lazy(() => import("./pages/accountGroups/AccountGroupPage"));
const AgentSessionPage = lazy(() => import("./pages/agentSessions/AgentSessionPage"));
const AgentSessionsPage = lazy(() => import("./pages/agentSessions/AgentSessionsPage"));
const AlertsPage = lazy(() => import("./pages/AlertsPage"));
const AuditPage = lazy(() => import("./pages/AuditPage"));
const EnginePage = lazy(() => import("./pages/engine/EnginePage"));
const EngineState = lazy(() => import("./pages/engine/State"));
const EngineUpdates = lazy(() => import("./pages/engine/Updates"));
const KeysPage = lazy(() => import("./pages/KeysPage"));
const NotFoundPage = lazy(() => import("./pages/NotFoundPage"));
const OverviewPage = lazy(() => import("./pages/OverviewPage"));
const PlaygroundPage = lazy(() => import("./pages/PlaygroundPage"));
const ProvidersPage = lazy(() => import("./pages/ProvidersPage"));
const RequestsPage = lazy(() => import("./pages/RequestsPage"));
const UsagePage = lazy(() => import("./pages/UsagePage"));
const UserGroupsPage = lazy(() => import("./pages/UserGroupsPage"));
const UsersPage = lazy(() => import("./pages/UsersPage"));
const WelcomePage = lazy(() => import("./pages/welcome/WelcomePage"));

const DevicePage = lazy(() => import("./pages/device/DevicePage"));
const InvitePage = lazy(() => import("./pages/invite/InvitePage"));

const UserPage = lazy(() => import("./pages/user/UserPage"));
const UserOverview = lazy(() => import("./pages/user/UserOverview"));
const UserKeys = lazy(() => import("./pages/user/UserKeys"));
const UserLimits = lazy(() => import("./pages/user/UserLimits"));
const UserUsage = lazy(() => import("./pages/user/UserUsage"));
const UserConnect = lazy(() => import("./pages/user/UserConnect"));
const UserRequests = lazy(() => import("./pages/user/UserRequests"));

const ModelsPage = lazy(() => import("./pages/models/ModelsPage"));
const Catalogue = lazy(() => import("./pages/models/Catalogue"));
const Aliases = lazy(() => import("./pages/models/Aliases"));
const Prices = lazy(() => import("./pages/models/Prices"));
const Resolve = lazy(() => import("./pages/models/Resolve"));

const SettingsPage = lazy(() => import("./pages/settings/SettingsPage"));
const ServerSettings = lazy(() => import("./pages/settings/ServerSettings"));
const Admins = lazy(() => import("./pages/settings/Admins"));
const Backups = lazy(() => import("./pages/settings/Backups"));
const Notifications = lazy(() => import("./pages/settings/Notifications"));
const Tokens = lazy(() => import("./pages/settings/Tokens"));
const Sessions = lazy(() => import("./pages/settings/Sessions"));
const Password = lazy(() => import("./pages/settings/Password"));

const OwnUsage = lazy(() => import("./pages/me/OwnUsage"));
const OwnRequests = lazy(() => import("./pages/me/OwnRequests"));
const OwnAgentSessions = lazy(() => import("./pages/me/OwnAgentSessions"));
const OwnAgentSession = lazy(() => import("./pages/me/OwnAgentSession"));
const OwnKeys = lazy(() => import("./pages/me/OwnKeys"));
const OwnModels = lazy(() => import("./pages/me/OwnModels"));
const OwnConnect = lazy(() => import("./pages/me/OwnConnect"));

type Pages = { children?: JSX.Element };

/** Nothing shows before the texts of the frame are there. The page is fetched meanwhile, after what they wait for. */
function WithFrame(props: Pages) {
  const preload = usePreloadRoute();
  setTimeout(() => preload(new URL(location.href)));
  return (
    <Show when={isFrameTranslated()}>
      {props.children}
      <PageAnnouncer />
    </Show>
  );
}

/** A page waits for its texts, which are loaded beside it. */
function Translated(props: Pages) {
  return (
    <Show when={isTranslated()} fallback={<Loading />}>
      {props.children}
    </Show>
  );
}

function ForAdmins(props: Pages) {
  return (
    <RequireSession as="admin">
      <Shell>
        <Translated>{props.children}</Translated>
      </Shell>
    </RequireSession>
  );
}

function ForKeyHolders(props: Pages) {
  return (
    <RequireSession as="keyHolder">
      <KeyHolderShell>
        <Translated>{props.children}</Translated>
      </KeyHolderShell>
    </RequireSession>
  );
}

function AdminRoutes() {
  return (
    <Route path="/" component={ForAdmins}>
      <Route path="/" component={OverviewPage} />
      <Route path="/welcome" component={WelcomePage} />
      <Route path="/alerts" component={AlertsPage} />
      <Route path="/requests" component={RequestsPage} />
      <Route path="/agent-sessions" component={AgentSessionsPage} />
      <Route path="/agent-sessions/:id" component={AgentSessionPage} />
      <Route path="/usage" component={UsagePage} />
      <Route path="/users" component={UsersPage} />
      <Route path="/users/groups" component={UserGroupsPage} />
      <Route path="/users/:id" component={UserPage}>
        <Route path="/" component={UserOverview} />
        <Route path="/keys" component={UserKeys} />
        <Route path="/limits" component={UserLimits} />
        <Route path="/usage" component={UserUsage} />
        <Route path="/connect" component={UserConnect} />
        <Route path="/requests" component={UserRequests} />
      </Route>
      <Route path="/keys" component={KeysPage} />
      <Route path="/providers" component={ProvidersPage} />
      <Route path="/account-groups" component={AccountGroupsPage} />
      <Route path="/account-groups/:id" component={AccountGroupPage} />
      <Route path="/models" component={ModelsPage}>
        <Route path="/" component={Catalogue} />
        <Route path="/aliases" component={Aliases} />
        <Route path="/prices" component={Prices} />
        <Route path="/resolve" component={Resolve} />
      </Route>
      <Route path="/playground" component={PlaygroundPage} />
      <Route path="/engine" component={EnginePage}>
        <Route path="/" component={EngineState} />
        <Route path="/updates" component={EngineUpdates} />
      </Route>
      <Route path="/audit" component={AuditPage} />
      <Route path="/settings" component={SettingsPage}>
        <Route path="/" component={ServerSettings} />
        <Route path="/admins" component={Admins} />
        <Route path="/notifications" component={Notifications} />
        <Route path="/backups" component={Backups} />
        <Route path="/tokens" component={Tokens} />
        <Route path="/sessions" component={Sessions} />
        <Route path="/password" component={Password} />
      </Route>
      <Route path="*" component={NotFoundPage} />
    </Route>
  );
}

/** The providers around everything, and the table of routes. */
export function App() {
  return (
    <SessionProvider>
      <Router base={appPath()} root={WithFrame}>
        <Route path="/setup" component={SetupPage} />
        <Route path="/login" component={LoginPage} />
        <Route path="/device" component={DevicePage} />
        <Route path="/invite" component={InvitePage} />
        <Route path="/me" component={ForKeyHolders}>
          <Route path="/" component={OwnUsage} />
          <Route path="/requests" component={OwnRequests} />
          <Route path="/agent-sessions" component={OwnAgentSessions} />
          <Route path="/agent-sessions/:id" component={OwnAgentSession} />
          <Route path="/keys" component={OwnKeys} />
          <Route path="/models" component={OwnModels} />
          <Route path="/connect" component={OwnConnect} />
        </Route>
        <AdminRoutes />
      </Router>
    </SessionProvider>
  );
}
