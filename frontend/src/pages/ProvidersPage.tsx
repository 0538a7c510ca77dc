import { ExportAccounts, ImportAccounts, ProviderList } from "../features/providers";
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
          <ImportAccounts />
          <ExportAccounts />
        </>
      }
    >
      <ProviderList />
    </Page>
  );
}
