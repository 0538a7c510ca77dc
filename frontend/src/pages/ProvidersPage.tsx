import { CheckAccounts, ExportAccounts, ImportAccounts, ProviderList } from "../features/providers";
import { t } from "../i18n";
import { Page } from "../ui/Page";

/** The accounts that serve the requests. */
export default function ProvidersPage() {
  return (
    <Page
      title={t("pages.providers.title")}
      hint={t("pages.providers.hint")}
      actions={
        <>
          <CheckAccounts />
          <ImportAccounts />
          <ExportAccounts />
        </>
      }
    >
      <ProviderList />
    </Page>
  );
}
