import { ConfigPreview, EngineLog, EnginePanel, engineWords } from "../features/engine";
import { Page } from "../ui/Page";

/** The engine that speaks to the providers. */
export default function EnginePage() {
  return (
    <Page title={engineWords().engine}>
      <EnginePanel />
      <EngineLog />
      <ConfigPreview />
    </Page>
  );
}
