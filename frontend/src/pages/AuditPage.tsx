import { AuditLog } from "../features/audit";
import { t } from "../i18n";
import { Page } from "../ui/Page";

/** The audit log. */
export default function AuditPage() {
  return (
    <Page title={t("audit.title")} hint={t("pages.audit.hint")}>
      <AuditLog />
    </Page>
  );
}
