import {
  createForecast,
  createUsageSearch,
  ExportButton,
  ForecastNotice,
  Reconciliation,
  UsageBreakdown,
  UsageFigures,
  UsageFilters,
  UsageHeat,
  UsageOverTime,
} from "../features/usage";
import { t } from "../i18n";
import { SavedViews } from "../savedViews/SavedViews";
import { Page } from "../ui/Page";

/** Usage and cost, by user, model and time. */
export default function UsagePage() {
  const choices = createUsageSearch();
  const forecast = createForecast(choices);
  return (
    <Page
      title={t("usage.title")}
      actions={
        <>
          <SavedViews page="USAGE" />
          <ExportButton choices={choices} />
        </>
      }
    >
      <UsageFilters choices={choices} />
      <UsageFigures choices={choices} />
      <ForecastNotice forecast={forecast()} zone={choices.zone()} />
      <UsageOverTime choices={choices} forecast={forecast()} />
      <UsageBreakdown choices={choices} />
      <UsageHeat choices={choices} />
      <Reconciliation choices={choices} />
    </Page>
  );
}
