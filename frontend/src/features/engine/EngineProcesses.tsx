import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { EngineProcessesFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatWhole } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Ago } from "../../ui/Moment";
import { Cell, Head, Table } from "../../ui/Table";
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
    <tr>
      <Cell class="wrap-anywhere">
        {props.process.accountLabel ?? props.process.accountId}
        <Show when={props.process.lastError}>
          {(error) => <p class="text-sm text-bad">{error()}</p>}
        </Show>
      </Cell>
      <Cell>
        <Badge tone={TONES[props.process.state]}>
          {props.process.phase === "SERVING"
            ? t(`engine.states.${props.process.state}.label`)
            : t(`engine.phases.${props.process.phase}`)}
        </Badge>
      </Cell>
      <Cell class="max-sm:hidden">
        <Ago at={props.process.startedAt} never={t("engine.notRunning")} />
      </Cell>
      <Cell number>{formatWhole(props.process.restarts)}</Cell>
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
        <div class="-mx-4 mt-2 sm:-mx-5">
          <Table
            label={t("engine.processes.title")}
            head={
              <>
                <Head>{t("engine.processes.account")}</Head>
                <Head>{t("common.state")}</Head>
                <Head class="max-sm:hidden">{t("engine.started")}</Head>
                <Head number>{t("engine.restarts")}</Head>
              </>
            }
          >
            <For each={processes()}>{(process) => <Row process={process} />}</For>
          </Table>
        </div>
      </section>
    </Show>
  );
}
