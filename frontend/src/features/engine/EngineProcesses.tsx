import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { EngineProcessesFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatWhole } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Ago } from "../../ui/Moment";
import { TONES } from "./EngineStatus";

const EngineProcessesFragmentDoc = graphql(`
  fragment EngineProcesses on Engine {
    processes {
      accountId
      accountLabel
      phase
      state
      startedAt
      restarts
      lastError
    }
  }
`);

type Process = EngineProcessesFragment["processes"][number];

function Row(props: { process: Process }) {
  return (
    <tr class="border-t border-line">
      <td class="py-1.5 pr-4 break-words">
        {props.process.accountLabel ?? props.process.accountId}
        <Show when={props.process.lastError}>
          {(error) => <p class="text-sm text-bad">{error()}</p>}
        </Show>
      </td>
      <td class="py-1.5 pr-4">
        <Badge tone={TONES[props.process.state]}>
          {props.process.phase === "SERVING"
            ? t(`engine.states.${props.process.state}.label`)
            : t(`engine.phases.${props.process.phase}`)}
        </Badge>
      </td>
      <td class="py-1.5 pr-4">
        <Ago at={props.process.startedAt} never={t("engine.notRunning")} />
      </td>
      <td class="py-1.5 text-right tabular-nums">{formatWhole(props.process.restarts)}</td>
    </tr>
  );
}

/** The engine processes of single accounts; nothing without any. */
export function EngineProcesses(props: {
  engine: FragmentType<typeof EngineProcessesFragmentDoc>;
}) {
  const processes = () => readFragment(EngineProcessesFragmentDoc, props.engine).processes;
  return (
    <Show when={processes().length > 0}>
      <section>
        <h3 class="font-medium">{t("engine.processes.title")}</h3>
        <p class="text-sm text-muted">{t("engine.processes.hint")}</p>
        <div class="mt-2 overflow-x-auto">
          <table class="w-full text-left text-sm">
            <thead class="text-muted">
              <tr>
                <th class="pr-4 font-normal">{t("engine.processes.account")}</th>
                <th class="pr-4 font-normal">{t("common.state")}</th>
                <th class="pr-4 font-normal">{t("engine.started")}</th>
                <th class="text-right font-normal">{t("engine.restarts")}</th>
              </tr>
            </thead>
            <tbody>
              <For each={processes()}>{(process) => <Row process={process} />}</For>
            </tbody>
          </table>
        </div>
      </section>
    </Show>
  );
}
