import { For, Match, Show, Switch } from "solid-js";
import { formatWhole } from "../../lib/figures";
import { Notice } from "../../ui/Notice";
import { Panel } from "../../ui/Panel";
import { MOST_EVENTS, type Run } from "./createRun";
import { words } from "./words";

/** What the model said, or why it did not. */
export function Answer(props: { run: Run }) {
  return (
    <Panel title={words().answer}>
      <div aria-live="polite" class="flex flex-col gap-3">
        <Show when={props.run.text()}>
          <p class="break-words whitespace-pre-wrap">{props.run.text()}</p>
        </Show>
        <Switch>
          <Match when={props.run.state() === "idle"}>
            <p class="text-muted">{words().answerHint}</p>
          </Match>
          <Match when={props.run.state() === "waiting"}>
            <p class="text-muted">{words().waiting}</p>
          </Match>
          <Match when={props.run.state() === "unreachable"}>
            <Notice tone="bad">{words().unreachable}</Notice>
          </Match>
          <Match when={props.run.state() === "stopped"}>
            <Notice tone="info">{words().stopped}</Notice>
          </Match>
          <Match when={props.run.fault()}>
            {(fault) => (
              <Notice tone="bad">
                <span class="font-medium">{words().failed(String(fault().status))}:</span>{" "}
                {fault().message}
              </Notice>
            )}
          </Match>
          <Match when={props.run.state() === "done" && !props.run.text()}>
            <p class="text-muted">{words().noText}</p>
          </Match>
        </Switch>
      </div>
    </Panel>
  );
}

/** Every event as it came. */
export function RawEvents(props: { run: Run }) {
  return (
    <Panel title={words().events} hint={words().eventsCount(formatWhole(props.run.count()))} flush>
      {/* A scrolling region must be reachable by keyboard. */}
      <ol
        tabindex="0"
        aria-label={words().events}
        class="max-h-96 overflow-auto px-4 py-3 font-mono text-xs leading-5 focus-visible:-outline-offset-2 sm:px-5"
      >
        <For each={props.run.events()} fallback={<li class="text-muted">{words().empty}</li>}>
          {(event) => <li class="border-b border-line py-1 break-all last:border-0">{event}</li>}
        </For>
      </ol>
      <Show when={props.run.count() > MOST_EVENTS}>
        <p class="px-5 pb-3 text-sm text-muted">{words().cut}</p>
      </Show>
    </Panel>
  );
}
