import { ProviderList } from "../features/providers";
import { Page } from "../ui/Page";

/** The accounts that serve the requests. */
export default function ProvidersPage() {
  return (
    <Page title="Providers" hint="The accounts behind this server. Users never see their keys.">
      <ProviderList />
    </Page>
  );
}
