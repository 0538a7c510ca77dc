import { useSearchParams } from "@solidjs/router";
import { createSubscription } from "@urql/solid";
import ArrowDown from "lucide-solid/icons/arrow-down";
import { createEffect, createSignal, For, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { EngineLogSubscription, LogLevel } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatMoment, formatTime } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Choice, FilterField } from "../../ui/Choice";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";

const EngineLogDocument = graphql(`
  subscription EngineLog($level: LogLevel, $tail: Int) {
    engineLog(level: $level, tail: $tail) {
      sequence
      at
      level
      message
    }
  }
`);

const TAIL = 200;
const KEPT = 1000;
const NEAR_END_PX = 24;
const LEVELS: LogLevel[] = ["DEBUG", "INFO", "WARN", "ERROR"];
const TONES: Record<LogLevel, string> = {
  DEBUG: "text-faint",
  INFO: "text-muted",
  WARN: "text-warn",
  ERROR: "text-bad",
};

type Line = EngineLogSubscription["engineLog"];

/** Adds a line unless a reconnect has sent it again. */
export function appendLine(lines: readonly Line[], line: Line): Line[] {
  const last = lines.at(-1)?.sequence ?? -1;
  return line.sequence > last ? [...lines, line].slice(-KEPT) : [...lines];
}

/** The lines that contain the text, ignoring case. */
export function findLines(lines: readonly Line[], text: string | undefined): readonly Line[] {
  const wanted = text?.toLowerCase();
  return wanted ? lines.filter((line) => line.message.toLowerCase().includes(wanted)) : lines;
}

function LogLine(props: { line: Line }) {
  return (
    <p class="break-words whitespace-pre-wrap">
      <span class="text-faint" title={formatMoment(props.line.at)}>
        {formatTime(props.line.at)}
      </span>{" "}
      <span class={TONES[props.line.level]}>{props.line.level.toLowerCase().padEnd(5)}</span>{" "}
      {props.line.message}
    </p>
  );
}

function Lines(props: { level: LogLevel; find: string | undefined }) {
  const [log] = createSubscription(
    { query: EngineLogDocument, variables: () => ({ level: props.level, tail: TAIL }) },
    (lines: Line[] | undefined, data: EngineLogSubscription) =>
      appendLine(lines ?? [], data.engineLog),
  );
  let box: HTMLDivElement | undefined;
  const [isFollowing, setFollowing] = createSignal(true);
  const shown = () => findLines(log.data ?? [], props.find);
  createEffect(() => {
    if (shown().length && isFollowing()) box?.scrollTo({ top: box.scrollHeight });
  });
  const noteScroll = (element: HTMLDivElement) =>
    setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX);

  return (
    <div class="relative">
      <ErrorNotice error={log.error} />
      <div
        ref={box}
        role="log"
        aria-label={t("engine.log")}
        tabindex="0"
        onScroll={(event) => noteScroll(event.currentTarget)}
        class="max-h-96 min-h-24 overflow-auto bg-inset p-3 font-mono text-xs leading-5 focus-visible:-outline-offset-2"
      >
        <For
          each={shown()}
          fallback={
            <p class="text-muted">
              {log.data?.length ? t("engine.logNothing") : t("engine.logNone")}
            </p>
          }
        >
          {(line) => <LogLine line={line} />}
        </For>
      </div>
      <Show when={!isFollowing()}>
        <div class="absolute right-4 bottom-3">
          <Button size="small" onClick={() => box?.scrollTo({ top: box.scrollHeight })}>
            <ArrowDown class="size-4" aria-hidden="true" />
            {t("engine.follow")}
          </Button>
        </div>
      </Show>
    </div>
  );
}

/** The log of the engine, unmodified. */
export function EngineLog() {
  const [search, setSearch] = useSearchParams<{ level?: string; find?: string }>();
  const level = () => LEVELS.find((each) => each === search.level) ?? "INFO";
  const change = (next: { level?: string; find?: string }) =>
    setSearch(next, { replace: true, scroll: false });
  return (
    <Panel
      title={t("engine.log")}
      hint={t("engine.logHint")}
      flush
      actions={
        <>
          <FilterField
            type="text"
            label={t("engine.find")}
            value={search.find}
            onChange={(find) => change({ find })}
          />
          <Choice
            label={t("engine.least")}
            value={level()}
            options={LEVELS.map((value) => ({ value, label: t(`engine.levels.${value}`) }))}
            onChoose={(chosen) => change({ level: chosen === "INFO" ? undefined : chosen })}
          />
        </>
      }
    >
      {/* Another level is another log: the lines start afresh. */}
      <Show when={level()} keyed>
        {(chosen) => <Lines level={chosen} find={search.find} />}
      </Show>
    </Panel>
  );
}
