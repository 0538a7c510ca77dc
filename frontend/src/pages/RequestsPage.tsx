import { RequestExplorer, requestWords } from "../features/requests";
import { Page } from "../ui/Page";
import { LiveMark } from "./LiveMark";

/** Everything that went through this server. */
export default function RequestsPage() {
  return (
    <Page title={requestWords().title} actions={<LiveMark />}>
      <RequestExplorer />
    </Page>
  );
}
