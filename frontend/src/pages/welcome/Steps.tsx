import Check from "lucide-solid/icons/check";
import { For, Show } from "solid-js";
import { t } from "../../i18n";

/** The steps in order. */
export const STEPS = ["provider", "user", "connect"] as const;

export type Step = (typeof STEPS)[number];

/** The progress of a step. */
export function Steps(props: { at: Step }) {
  const place = () => STEPS.indexOf(props.at);
  return (
    <ol aria-label={t("welcome.steps")} class="flex flex-wrap gap-x-8 gap-y-3">
      <For each={STEPS}>
        {(step, index) => (
          <li
            aria-current={step === props.at ? "step" : undefined}
            class={`flex items-center gap-2.5 font-medium ${step === props.at ? "text-ink" : "text-muted"}`}
          >
            <span
              aria-hidden="true"
              class={`inline-flex size-7 items-center justify-center rounded-full text-sm font-semibold ${
                index() <= place() ? "bg-accent text-on-accent" : "bg-hover text-muted"
              }`}
            >
              <Show when={index() < place()} fallback={index() + 1}>
                <Check class="size-4" />
              </Show>
            </span>
            {t(`welcome.${step}`)}
          </li>
        )}
      </For>
    </ol>
  );
}
