import { OwnKeyList } from "../../features/keys";
import { t } from "../../i18n";
import { Page } from "../../ui/Page";

/** An end user's own keys. */
export default function OwnKeys() {
  return (
    <Page title={t("shell.places.ownKeys")} hint={t("keys.own.hint")}>
      <OwnKeyList />
    </Page>
  );
}
