import { PasswordPanel } from "../features/password";
import { SessionList } from "../features/sessions";
import { SettingsPanel } from "../features/settings";
import { ApiTokenList } from "../features/tokens";
import { Page } from "../ui/Page";

/** How the server behaves, and who may manage it. */
export default function SettingsPage() {
  return (
    <Page title="Settings">
      <SettingsPanel />
      <ApiTokenList />
      <SessionList />
      <PasswordPanel />
    </Page>
  );
}
