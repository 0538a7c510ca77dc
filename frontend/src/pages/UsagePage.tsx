import {
  createUsageSearch,
  ExportButton,
  Reconciliation,
  UsageBreakdown,
  UsageFigures,
  UsageFilters,
  UsageHeat,
  UsageOverTime,
} from "../features/usage";
import { t } from "../i18n";
import { Page } from "../ui/Page";

/** Usage and cost, by user, model and time. */
export default function UsagePage() {
  const choices = createUsageSearch();
  return (
    <Page title={t("usage.title")} actions={<ExportButton choices={choices} />}>
      <UsageFilters choices={choices} />
      <UsageFigures choices={choices} />
      <UsageOverTime choices={choices} />
      <UsageBreakdown choices={choices} />
      <UsageHeat choices={choices} />
      <Reconciliation choices={choices} />
    </Page>
  );
}
