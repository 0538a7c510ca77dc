import { createSubscription } from "@urql/solid";
import { createEffect, createSignal, For, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { EngineLogSubscription, LogLevel } from "../../graphql/generated/graphql";
import { formatMoment, formatTime } from "../../lib/format";
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

function Lines(props: { level: LogLevel }) {
  const [log] = createSubscription(
    { query: EngineLogDocument, variables: () => ({ level: props.level, tail: TAIL }) },
    (lines: Line[] | undefined, data: EngineLogSubscription) =>
      appendLine(lines ?? [], data.engineLog),
  );
  let box: HTMLDivElement | undefined;
  const [isFollowing, setFollowing] = createSignal(true);
  createEffect(() => {
    if (log.data?.length && isFollowing()) box?.scrollTo({ top: box.scrollHeight });
  });
  const noteScroll = (element: HTMLDivElement) =>
    setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < 24);

  return (
    <>
      <ErrorNotice error={log.error} />
      <div
        ref={box}
        role="log"
        aria-label="Engine log"
        tabindex="0"
        onScroll={(event) => noteScroll(event.currentTarget)}
        class="h-96 overflow-auto bg-inset p-3 font-mono text-xs leading-5"
      >
        <For each={log.data} fallback={<p class="text-muted">Nothing has been logged yet.</p>}>
          {(line) => (
            <p class="break-words whitespace-pre-wrap">
              <span class="text-faint" title={formatMoment(line.at)}>
                {formatTime(line.at)}
              </span>{" "}
              <span class={TONES[line.level]}>{line.level.toLowerCase().padEnd(5)}</span>{" "}
              {line.message}
            </p>
          )}
        </For>
      </div>
    </>
  );
}

/** What the engine says, as it says it. */
export function EngineLog() {
  const [level, setLevel] = createSignal<LogLevel>("INFO");
  return (
    <Panel
      title="Log"
      flush
      actions={
        <select
          aria-label="Least level"
          class="h-8 rounded-lg border border-line-strong/60 bg-panel px-2 text-sm font-medium"
          onChange={(event) =>
            setLevel(LEVELS.find((each) => each === event.currentTarget.value) ?? "INFO")
          }
        >
          <For each={LEVELS}>
            {(each) => (
              <option value={each} selected={each === level()}>
                {each.toLowerCase()} and above
              </option>
            )}
          </For>
        </select>
      }
    >
      {/* Another level is another log: the lines start afresh. */}
      <Show when={level()} keyed>
        {(chosen) => <Lines level={chosen} />}
      </Show>
    </Panel>
  );
}
