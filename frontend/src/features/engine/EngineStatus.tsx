import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { EngineState } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatWhole } from "../../lib/format";
import type { BadgeTone } from "../../ui/Badge";
import { Badge } from "../../ui/Badge";
import { Fact, Facts } from "../../ui/Facts";
import { Ago } from "../../ui/Moment";
import { Notice } from "../../ui/Notice";
import { Unknown } from "../../ui/Unknown";

/** The tone of each state of the engine. */
export const TONES: Record<EngineState, BadgeTone> = {
  STARTING: "info",
  RUNNING: "ok",
  BACKING_OFF: "warn",
  STOPPED: "plain",
  FAILED: "bad",
};

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

/** The state of the engine in one line. */
export function EngineStatus(props: { engine: FragmentType<typeof EngineStatusFragment> }) {
  const engine = () => readFragment(EngineStatusFragment, props.engine);
  return (
    <div class="flex flex-col gap-4">
      <Facts>
        <Fact name={t("common.state")}>
          <Badge tone={TONES[engine().state]} title={t(`engine.states.${engine().state}.hint`)}>
            {t(`engine.states.${engine().state}.label`)}
          </Badge>
        </Fact>
        <Fact name={t("engine.engine")}>{t(`engine.modes.${engine().mode}`)}</Fact>
        <Fact name={t("engine.version")}>{engine().version ?? <Unknown />}</Fact>
        <Fact name={t("engine.started")}>
          <Ago at={engine().startedAt} never={t("engine.notRunning")} />
        </Fact>
        <Fact name={t("engine.restarts")}>{formatWhole(engine().restarts)}</Fact>
        <Show when={engine().pid}>{(pid) => <Fact name={t("engine.pid")}>{pid()}</Fact>}</Show>
      </Facts>
      <Show when={engine().lastError}>
        {(text) => (
          <Notice tone={engine().state === "RUNNING" ? "warn" : "bad"}>
            <span class="font-medium">{t("engine.lastError")}</span> {text()}
          </Notice>
        )}
      </Show>
    </div>
  );
}
