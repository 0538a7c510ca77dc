import { Show } from "solid-js";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { createEngine } from "./createEngine";
import { EngineControls } from "./EngineControls";
import { EngineStatus } from "./EngineStatus";

/** The engine's state, and the buttons that change it. */
export function EnginePanel() {
  const { engine, error } = createEngine();
  return (
    <Panel title="State">
      <ErrorNotice error={error()} />
      <Show when={engine()} fallback={<Show when={!error()}>{<Loading />}</Show>}>
        {(known) => (
          <div class="flex flex-col gap-5">
            <EngineStatus engine={known()} />
            <EngineControls engine={known()} />
          </div>
        )}
      </Show>
    </Panel>
  );
}
