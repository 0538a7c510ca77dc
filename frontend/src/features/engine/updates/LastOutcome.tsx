import { For, Show } from "solid-js";
import { t } from "../../../i18n";
import { Ago } from "../../../ui/Moment";
import { Notice } from "../../../ui/Notice";
import type { Outcome } from "./createUpdates";

function sentence({ kind, succeeded, ...outcome }: Outcome): string {
  const version = outcome.version ?? t("engine.updates.anyVersion");
  if (kind === "UPDATE") {
    return t(`engine.updates.outcomes.${succeeded ? "updated" : "updateFailed"}`, { version });
  }
  if (!succeeded) return t("engine.updates.outcomes.rollBackFailed", { version });
  return t(`engine.updates.outcomes.${kind === "ROLLBACK" ? "rolledBack" : "automatic"}`, {
    version,
  });
}

/** How the last update or rollback ended. */
export function LastOutcome(props: { outcome: Outcome }) {
  const tone = () => {
    if (!props.outcome.succeeded) return "bad";
    return props.outcome.kind === "AUTOMATIC_ROLLBACK" ? "warn" : "ok";
  };
  return (
    <Notice tone={tone()}>
      <p>
        <span class="font-medium">{sentence(props.outcome)}</span>{" "}
        <span class="text-muted">
          <Ago at={props.outcome.endedAt} />
        </span>
      </p>
      <Show
        when={props.outcome.failedChecks.length > 0}
        fallback={
          <Show when={props.outcome.reason}>
            {(reason) => <p class="mt-1 break-words">{reason()}</p>}
          </Show>
        }
      >
        <ul class="mt-2 flex flex-col gap-2" aria-label={t("engine.updates.failedChecks")}>
          <For each={props.outcome.failedChecks}>
            {(check) => (
              <li>
                <p class="font-medium">{check.name}</p>
                <p class="text-sm break-words">
                  {t("engine.updates.expected", { text: check.expected })}
                </p>
                <p class="text-sm break-words">
                  {t("engine.updates.found", { text: check.found })}
                </p>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </Notice>
  );
}
