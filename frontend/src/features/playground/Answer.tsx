import { For, Match, Show, Switch } from "solid-js";
import { t } from "../../i18n";
import { Notice } from "../../ui/Notice";
import { Panel } from "../../ui/Panel";
import { MOST_EVENTS, type Run } from "./createRun";

/** The model's response, or the error. */
export function Answer(props: { run: Run }) {
  return (
    <Panel title={t("playground.answer")}>
      <div aria-live="polite" class="flex flex-col gap-3">
        <Show when={props.run.text()}>
          <p class="break-words whitespace-pre-wrap">{props.run.text()}</p>
        </Show>
        <Switch>
          <Match when={props.run.state() === "idle"}>
            <p class="text-muted">{t("playground.answerHint")}</p>
          </Match>
          <Match when={props.run.state() === "waiting"}>
            <p class="text-muted">{t("playground.waiting")}</p>
          </Match>
          <Match when={props.run.state() === "unreachable"}>
            <Notice tone="bad">{t("errors.unreachable")}</Notice>
          </Match>
          <Match when={props.run.state() === "stopped"}>
            <Notice tone="info">{t("playground.stopped")}</Notice>
          </Match>
          <Match when={props.run.fault()}>
            {(fault) => (
              <Notice tone="bad">
                <span class="font-medium">
                  {t("playground.failed", { status: String(fault().status) })}:
                </span>{" "}
                {fault().message}
              </Notice>
            )}
          </Match>
          <Match when={props.run.state() === "done" && !props.run.text()}>
            <p class="text-muted">{t("playground.noText")}</p>
          </Match>
        </Switch>
      </div>
    </Panel>
  );
}

/** The unmodified events. */
export function RawEvents(props: { run: Run }) {
  return (
    <Panel
      title={t("playground.events")}
      hint={props.run.fault() ? undefined : t("common.events", { count: props.run.count() })}
      flush
    >
      {/* A scrolling region must be reachable by keyboard. */}
      <ol
        tabindex="0"
        aria-label={t("playground.events")}
        class="max-h-96 overflow-auto px-4 py-3 font-mono text-xs leading-5 focus-visible:-outline-offset-2 sm:px-5"
      >
        <For
          each={props.run.events()}
          fallback={<li class="text-muted">{t("playground.empty")}</li>}
        >
          {(event) => <li class="border-b border-line py-1 break-all last:border-0">{event}</li>}
        </For>
      </ol>
      <Show when={props.run.count() > MOST_EVENTS}>
        <p class="px-5 pb-3 text-sm text-muted">{t("playground.cut")}</p>
      </Show>
    </Panel>
  );
}
