import { AlertHistory, OpenAlerts } from "../features/alerts";
import { t } from "../i18n";
import { Page } from "../ui/Page";

/** The conditions that need attention, and those that ended. */
export default function AlertsPage() {
  return (
    <Page title={t("alerts.title")} hint={t("alerts.hint")}>
      <OpenAlerts />
      <AlertHistory />
    </Page>
  );
}
