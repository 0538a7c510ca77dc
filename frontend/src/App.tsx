import { Route, Router } from "@solidjs/router";
import { type JSX, lazy } from "solid-js";
import { appPath } from "./lib/baseUrl";
import { LoginPage } from "./session/LoginPage";
import { RequireSession } from "./session/RequireSession";
import { SessionProvider } from "./session/SessionProvider";
import { SetupPage } from "./session/SetupPage";
import { Shell } from "./shell/Shell";

const OverviewPage = lazy(() => import("./pages/OverviewPage"));
const UsersPage = lazy(() => import("./pages/UsersPage"));
const UserPage = lazy(() => import("./pages/UserPage"));
const ProvidersPage = lazy(() => import("./pages/ProvidersPage"));
const RequestsPage = lazy(() => import("./pages/RequestsPage"));
const UsagePage = lazy(() => import("./pages/UsagePage"));
const PlaygroundPage = lazy(() => import("./pages/PlaygroundPage"));
const EnginePage = lazy(() => import("./pages/EnginePage"));
const SettingsPage = lazy(() => import("./pages/SettingsPage"));
const NotFoundPage = lazy(() => import("./pages/NotFoundPage"));

function BehindTheDoor(props: { children?: JSX.Element }) {
  return (
    <RequireSession>
      <Shell>{props.children}</Shell>
    </RequireSession>
  );
}

/** The providers around everything, and the table of routes. */
export function App() {
  return (
    <SessionProvider>
      <Router base={appPath()}>
        <Route path="/setup" component={SetupPage} />
        <Route path="/login" component={LoginPage} />
        <Route path="/" component={BehindTheDoor}>
          <Route path="/" component={OverviewPage} />
          <Route path="/users" component={UsersPage} />
          <Route path="/users/:id" component={UserPage} />
          <Route path="/providers" component={ProvidersPage} />
          <Route path="/requests" component={RequestsPage} />
          <Route path="/usage" component={UsagePage} />
          <Route path="/playground" component={PlaygroundPage} />
          <Route path="/engine" component={EnginePage} />
          <Route path="/settings" component={SettingsPage} />
          <Route path="*" component={NotFoundPage} />
        </Route>
      </Router>
    </SessionProvider>
  );
}
