import { createSignal, For, type JSX, Show } from "solid-js";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { type Option, SelectField, TextField } from "../../ui/Field";
import { Money } from "./Money";
import { MAX_LONG_PROMPTS, TIERS } from "./readConditions";

/** Fields that most prices do not need. */
function Section(props: { title: string; hint: string; children: JSX.Element }) {
  return (
    <details class="rounded-lg border border-line px-3 py-2.5">
      <summary class="cursor-pointer font-medium">{props.title}</summary>
      <p class="mt-1.5 text-sm text-muted">{props.hint}</p>
      <div class="mt-3 flex flex-col gap-4">{props.children}</div>
    </details>
  );
}

function Rates(props: { prefix: string }) {
  const name = (field: string) => `${props.prefix}.${field}`;
  return (
    <div class="grid items-start gap-4 sm:grid-cols-3">
      <Money label={t("usage.kinds.input")} name={name("input")} />
      <Money label={t("usage.kinds.output")} name={name("output")} />
      <Money label={t("usage.kinds.reasoning")} name={name("reasoning")} />
      <Money label={t("usage.kinds.cacheRead")} name={name("cacheRead")} />
      <Money label={t("usage.kinds.cacheWrite")} name={name("cacheWrite")} />
      <Money label={t("prices.cacheWrite1h")} name={name("cacheWrite1h")} />
    </div>
  );
}

/** A list of groups of fields that can be added to and removed from. */
function Rows(props: {
  add: string;
  remove: (number: number) => string;
  max: number;
  label: (number: number) => string;
  /** Names of fields contain the index; people see the number. */
  children: (index: number, number: () => number) => JSX.Element;
}) {
  let next = 0;
  const [rows, setRows] = createSignal<number[]>([]);
  return (
    <>
      <For each={rows()}>
        {(row, position) => (
          <fieldset class="flex flex-col gap-3 border-t border-line pt-3">
            <legend class="sr-only">{props.label(position() + 1)}</legend>
            {props.children(row, () => position() + 1)}
            <div>
              <Button
                size="small"
                tone="quiet"
                onClick={() => setRows(rows().filter((other) => other !== row))}
              >
                {props.remove(position() + 1)}
              </Button>
            </div>
          </fieldset>
        )}
      </For>
      <Show when={rows().length < props.max}>
        <div>
          <Button size="small" onClick={() => setRows([...rows(), next++])}>
            {props.add}
          </Button>
        </div>
      </Show>
    </>
  );
}

function LongPrompt(props: { prefix: string }) {
  return (
    <>
      <TextField
        label={t("prices.above")}
        name={`${props.prefix}.above`}
        type="number"
        min="1"
        step="1"
        inputmode="numeric"
      />
      <Rates prefix={props.prefix} />
    </>
  );
}

function LongPrompts() {
  const rules = (): Option[] => [
    { value: "WHOLE_REQUEST", label: t("prices.rules.WHOLE_REQUEST") },
    { value: "PART_ABOVE", label: t("prices.rules.PART_ABOVE") },
  ];
  return (
    <Section title={t("prices.longPrompts")} hint={t("prices.longPromptsHint")}>
      <Rows
        add={t("prices.addLongPrompt")}
        remove={(number) => t("prices.removeLongPrompt", { number })}
        label={(number) => t("prices.longPromptNumber", { number })}
        max={MAX_LONG_PROMPTS}
      >
        {(row) => <LongPrompt prefix={`long.${row}`} />}
      </Rows>
      <SelectField label={t("prices.rule")} name="longPromptRule" options={rules()} />
    </Section>
  );
}

function ServiceTiers() {
  const tiers = (): Option[] =>
    TIERS.map((tier) => ({ value: tier, label: t(`prices.tiers.${tier}`) }));
  return (
    <Section title={t("prices.serviceTiers")} hint={t("prices.serviceTiersHint")}>
      <Rows
        add={t("prices.addServiceTier")}
        remove={(number) => t("prices.removeServiceTier", { number })}
        label={(number) => t("prices.serviceTierNumber", { number })}
        max={TIERS.length}
      >
        {(row, tier) => (
          <>
            <div class="grid items-start gap-4 sm:grid-cols-2">
              <SelectField label={t("prices.tier")} name={`tier.${row}.tier`} options={tiers()} />
              <TextField
                label={t("prices.multiplier")}
                name={`tier.${row}.multiplier`}
                hint={t("prices.multiplierHint")}
                type="number"
                min="0"
                max="100"
                step="any"
                inputmode="decimal"
              />
            </div>
            <Rates prefix={`tier.${row}`} />
            <div class="ml-3 flex flex-col gap-3 border-l border-line pl-3">
              <p class="text-sm text-muted">{t("prices.tierLongPromptsHint")}</p>
              <Rows
                add={t("prices.addLongPrompt")}
                remove={(number) => t("prices.removeTierLongPrompt", { number, tier: tier() })}
                label={(number) => t("prices.tierLongPromptNumber", { number, tier: tier() })}
                max={MAX_LONG_PROMPTS}
              >
                {(long) => <LongPrompt prefix={`tier.${row}.long.${long}`} />}
              </Rows>
            </div>
          </>
        )}
      </Rows>
    </Section>
  );
}

/** The rates that few prices have: images and videos, cache lifetimes, long prompts, service tiers. */
export function PriceConditions() {
  return (
    <>
      <Section title={t("prices.lifetimes")} hint={t("prices.lifetimesHint")}>
        <div class="grid items-start gap-4 sm:grid-cols-2">
          <Money
            label={t("prices.cacheWrite1h")}
            name="cacheWrite1h"
            hint={t("prices.like", { other: t("usage.kinds.cacheWrite").toLowerCase() })}
          />
        </div>
      </Section>
      <LongPrompts />
      <ServiceTiers />
      <Section title={t("prices.media")} hint={t("prices.mediaHint")}>
        <div class="grid items-start gap-4 sm:grid-cols-2">
          <Money label={t("prices.perImage")} name="perImage" />
          <Money label={t("prices.perVideoSecond")} name="perVideoSecond" />
        </div>
      </Section>
    </>
  );
}
