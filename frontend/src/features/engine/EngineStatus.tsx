import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { formatNumber } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Fact, Facts } from "../../ui/Facts";
import { Ago } from "../../ui/Moment";
import { Notice } from "../../ui/Notice";
import { Unknown } from "../../ui/Unknown";
import { MODES, STATES } from "./states";

const EngineStatusFragment = graphql(`
  fragment EngineStatus on Engine {
    mode
    state
    version
    startedAt
    restarts
    lastError
  }
`);

/** How the engine is, at a glance. */
export function EngineStatus(props: { engine: FragmentType<typeof EngineStatusFragment> }) {
  const engine = () => readFragment(EngineStatusFragment, props.engine);
  const state = () => STATES[engine().state];
  return (
    <div class="flex flex-col gap-4">
      <Facts>
        <Fact name="State">
          <Badge tone={state().tone} title={state().meaning}>
            {state().word}
          </Badge>
        </Fact>
        <Fact name="Engine">{MODES[engine().mode]}</Fact>
        <Fact name="Version">{engine().version ?? <Unknown />}</Fact>
        <Fact name="Started">
          <Ago at={engine().startedAt} never="not running" />
        </Fact>
        <Fact name="Restarts">{formatNumber(engine().restarts)}</Fact>
      </Facts>
      <Show when={engine().lastError}>
        {(words) => (
          <Notice tone={engine().state === "RUNNING" ? "warn" : "bad"}>
            <span class="font-medium">Last error:</span> {words()}
          </Notice>
        )}
      </Show>
    </div>
  );
}
