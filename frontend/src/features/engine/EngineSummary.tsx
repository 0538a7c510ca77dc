import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { buttonClass } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { createEngine } from "./createEngine";
import { EngineStatus } from "./EngineStatus";

/** The engine's state for a page about something else. */
export function EngineSummary() {
  const { engine, error } = createEngine();
  return (
    <Panel
      title="Engine"
      actions={
        <A href="/engine" class={buttonClass("quiet", "small")}>
          Log and controls
        </A>
      }
    >
      <ErrorNotice error={error()} />
      <Show when={engine()} fallback={<Show when={!error()}>{<Loading />}</Show>}>
        {(known) => <EngineStatus engine={known()} />}
      </Show>
    </Panel>
  );
}
