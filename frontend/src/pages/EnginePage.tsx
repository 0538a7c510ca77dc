import { ConfigPreview, EngineLog, EnginePanel } from "../features/engine";
import { t } from "../i18n";
import { Page } from "../ui/Page";

/** The engine, which sends requests to providers. */
export default function EnginePage() {
  return (
    <Page title={t("engine.engine")}>
      <EnginePanel />
      <EngineLog />
      <ConfigPreview />
    </Page>
  );
}
