import { ConfigPreview, EngineLog, EnginePanel } from "../features/engine";
import { Page } from "../ui/Page";

/** The engine that speaks to the providers. */
export default function EnginePage() {
  return (
    <Page title="Engine">
      <EnginePanel />
      <EngineLog />
      <ConfigPreview />
    </Page>
  );
}
