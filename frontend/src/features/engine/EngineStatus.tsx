import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { formatNumber } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Fact, Facts } from "../../ui/Facts";
import { Ago } from "../../ui/Moment";
import { Notice } from "../../ui/Notice";
import { Unknown } from "../../ui/Unknown";
import { TONES } from "./states";
import { words } from "./words";

const EngineStatusFragment = graphql(`
  fragment EngineStatus on Engine {
    mode
    state
    version
    pid
    startedAt
    restarts
    lastError
  }
`);

/** How the engine is, at a glance. */
export function EngineStatus(props: { engine: FragmentType<typeof EngineStatusFragment> }) {
  const engine = () => readFragment(EngineStatusFragment, props.engine);
  const state = () => words().states[engine().state];
  return (
    <div class="flex flex-col gap-4">
      <Facts>
        <Fact name={words().state}>
          <Badge tone={TONES[engine().state]} title={state()[1]}>
            {state()[0]}
          </Badge>
        </Fact>
        <Fact name={words().engine}>{words().modes[engine().mode]}</Fact>
        <Fact name={words().version}>{engine().version ?? <Unknown />}</Fact>
        <Fact name={words().started}>
          <Ago at={engine().startedAt} never={words().notRunning} />
        </Fact>
        <Fact name={words().restarts}>{formatNumber(engine().restarts)}</Fact>
        <Show when={engine().pid}>{(pid) => <Fact name={words().pid}>{pid()}</Fact>}</Show>
      </Facts>
      <Show when={engine().lastError}>
        {(text) => (
          <Notice tone={engine().state === "RUNNING" ? "warn" : "bad"}>
            <span class="font-medium">{words().lastError}</span> {text()}
          </Notice>
        )}
      </Show>
    </div>
  );
}
