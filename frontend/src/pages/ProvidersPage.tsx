import { CheckAccounts, ExportAccounts, ImportAccounts, ProviderList } from "../features/providers";
import { Page } from "../ui/Page";
import { words } from "./words";

/** The accounts that serve the requests. */
export default function ProvidersPage() {
  return (
    <Page
      title={words().providers.title}
      hint={words().providers.hint}
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
