import { RequestExplorer } from "../features/requests";
import { t } from "../i18n";
import { SavedViews } from "../savedViews/SavedViews";
import { Page } from "../ui/Page";
import { LiveMark } from "./LiveMark";

/** All requests. */
export default function RequestsPage() {
  return (
    <Page
      title={t("requests.title")}
      actions={
        <>
          <LiveMark />
          <SavedViews page="REQUESTS" />
        </>
      }
    >
      <RequestExplorer />
    </Page>
  );
}
