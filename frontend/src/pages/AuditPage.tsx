import { AuditLog } from "../features/audit";
import { Page } from "../ui/Page";
import { words } from "./words";

/** Who did what. */
export default function AuditPage() {
  return (
    <Page title={words().audit.title} hint={words().audit.hint}>
      <AuditLog />
    </Page>
  );
}
