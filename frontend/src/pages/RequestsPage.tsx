import { RequestExplorer } from "../features/requests";
import { Page } from "../ui/Page";
import { LiveMark } from "./LiveMark";

/** Everything that went through this server. */
export default function RequestsPage() {
  return (
    <Page title="Requests" actions={<LiveMark />}>
      <RequestExplorer />
    </Page>
  );
}
