import { A } from "@solidjs/router";
import { Match, Show, Switch } from "solid-js";
import { t } from "../../i18n";
import { exactUsd, formatDuration, formatWhole } from "../../lib/format";
import { isMetered } from "../../lib/metered";
import { buttonClass } from "../../ui/Button";
import { Fact, Facts } from "../../ui/Facts";
import { Panel } from "../../ui/Panel";
import { type BarPart, SplitBar } from "../../ui/SplitBar";
import { Unknown } from "../../ui/Unknown";
import { createRecord, type Recorded } from "./createRecord";
import type { Run } from "./createRun";

/** What the server wrote down about the question. */
export function Record(props: { run: Run }) {
  const { record, isLate } = createRecord(props.run);
  return (
    <Panel
      title={t("playground.record")}
      actions={
        <Show when={record()}>
          {(known) => (
            <A href={`/requests?request=${known().id}`} class={buttonClass("quiet", "small")}>
              {t("playground.toRequest")}
            </A>
          )}
        </Show>
      }
    >
      <Switch fallback={<p class="text-muted">{t("playground.recordHint")}</p>}>
        <Match when={record()}>{(known) => <Row record={known()} />}</Match>
        <Match when={isLate()}>
          <p class="text-muted">{t("playground.recordLate")}</p>
        </Match>
      </Switch>
    </Panel>
  );
}

const KINDS = [
  ["input", "--tokens-input"],
  ["cacheRead", "--tokens-cache-read"],
  ["cacheWrite", "--tokens-cache-write"],
  ["output", "--tokens-output"],
  ["reasoning", "--tokens-reasoning"],
] as const;

function Row(props: { record: Recorded }) {
  const parts = (): BarPart[] => {
    const tokens = props.record.tokens;
    if (!tokens) return [];
    return KINDS.map(([kind, colour]) => ({
      label: t(`usage.kinds.${kind}`),
      value: tokens[kind],
      colour,
      told: formatWhole(tokens[kind]),
    }));
  };
  return (
    <div class="flex flex-col gap-5">
      <Facts>
        <Show when={isMetered(props.record)}>
          <Fact name={t("usage.measures.tokens")}>
            <Show when={props.record.tokens} fallback={<Unknown />}>
              {(tokens) => formatWhole(tokens().total)}
            </Show>
          </Fact>
          <Fact name={t("usage.measures.cost")}>
            <Show when={props.record.cost} fallback={<Unknown />}>
              {(cost) => exactUsd(cost())}
            </Show>
          </Fact>
        </Show>
        <Fact name={t("requests.columns.duration")}>{formatDuration(props.record.durationMs)}</Fact>
        <Fact name={t("requests.columns.firstByte")}>
          <Show when={props.record.timeToFirstByteMs !== null} fallback={<Unknown />}>
            {formatDuration(props.record.timeToFirstByteMs ?? 0)}
          </Show>
        </Fact>
        <Fact name={t("requests.columns.outcome")}>
          {t(`requests.outcomes.${props.record.outcome}.label`)}
        </Fact>
      </Facts>
      <Show when={isMetered(props.record) && props.record.tokens}>
        <SplitBar label={t("usage.measures.tokens")} parts={parts()} />
      </Show>
    </div>
  );
}
