import { RequestExplorer } from "../features/requests";
import { t } from "../i18n";
import { Page } from "../ui/Page";
import { LiveMark } from "./LiveMark";

/** All requests. */
export default function RequestsPage() {
  return (
    <Page title={t("requests.title")} actions={<LiveMark />}>
      <RequestExplorer />
    </Page>
  );
}
