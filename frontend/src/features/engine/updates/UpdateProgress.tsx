import { Show } from "solid-js";
import { t } from "../../../i18n";
import { formatBytes } from "../../../lib/format";
import type { Progress } from "./createUpdates";

const PERCENT = 100;

function Bar(props: { label: string; percent: number | undefined; text: string }) {
  return (
    <span
      role="progressbar"
      aria-label={props.label}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow={props.percent}
      aria-valuetext={props.text}
      class="block h-1.5 overflow-hidden rounded-full bg-track"
    >
      <span
        class="block h-full rounded-full bg-ok-mark"
        style={{ width: `${props.percent ?? PERCENT}%` }}
      />
    </span>
  );
}

/** The progress of an update; nothing while there is none. */
export function UpdateProgress(props: { progress: Progress | undefined }) {
  const present = () => (props.progress?.phase === "IDLE" ? undefined : props.progress);
  return (
    <div aria-live="polite">
      <Show when={present()}>
        {(progress) => {
          const label = () => {
            const version = progress().version;
            return version
              ? t("engine.updates.progress", { version })
              : t("engine.updates.progressUnknown");
          };
          const percent = () => {
            const { phase, downloadedBytes, totalBytes } = progress();
            if (phase !== "DOWNLOADING" || !totalBytes) return undefined;
            return Math.min(PERCENT, Math.round((downloadedBytes / totalBytes) * PERCENT));
          };
          const amount = () => {
            const { downloadedBytes, totalBytes } = progress();
            if (percent() === undefined || !totalBytes) return undefined;
            return t("engine.updates.downloaded", {
              done: formatBytes(downloadedBytes),
              total: formatBytes(totalBytes),
            });
          };
          const text = () => t(`engine.updates.phases.${progress().phase}`);
          return (
            <div class="flex flex-col gap-2 rounded-lg border border-line bg-inset p-3">
              <p class="flex flex-wrap justify-between gap-x-4 gap-y-1">
                <span class="font-medium">{label()}</span>
                <span class="text-sm text-muted">
                  {text()}
                  <Show when={amount()}>{(done) => `: ${done()}`}</Show>
                </span>
              </p>
              <Bar label={label()} percent={percent()} text={amount() ?? text()} />
            </div>
          );
        }}
      </Show>
    </div>
  );
}
