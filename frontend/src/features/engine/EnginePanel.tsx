import { Show } from "solid-js";
import { t } from "../../i18n";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";
import { SkeletonText } from "../../ui/Skeleton";
import { createEngine } from "./createEngine";
import { EngineControls } from "./EngineControls";
import { EngineProcesses } from "./EngineProcesses";
import { EngineStatus } from "./EngineStatus";
import { ModelCatalog } from "./ModelCatalog";

/** The engine's state, and the buttons that change it. */
export function EnginePanel() {
  const { engine, error } = createEngine();
  return (
    <Panel title={t("common.state")}>
      <ErrorNotice error={error()} />
      <Show
        when={engine()}
        fallback={
          <Show when={!error()}>
            <SkeletonText />
          </Show>
        }
      >
        {(known) => (
          <div class="flex flex-col gap-5">
            <EngineStatus engine={known()} />
            <EngineProcesses engine={known()} />
            <EngineControls engine={known()} />
            <ModelCatalog engine={known()} />
          </div>
        )}
      </Show>
    </Panel>
  );
}
