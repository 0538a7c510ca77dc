import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { PriceRatesFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatUsd, formatWhole } from "../../lib/format";

const PriceRatesFragmentDoc = graphql(`
  fragment PriceRates on Price {
    longPromptRule
    longPrompts {
      above
      inputPerMillion
      cacheReadPerMillion
      cacheWritePerMillion
      cacheWrite1hPerMillion
      outputPerMillion
      reasoningPerMillion
    }
    serviceTiers {
      tier
      inputPerMillion
      cacheReadPerMillion
      cacheWritePerMillion
      cacheWrite1hPerMillion
      outputPerMillion
      reasoningPerMillion
      longPrompts {
        above
        inputPerMillion
        cacheReadPerMillion
        cacheWritePerMillion
        cacheWrite1hPerMillion
        outputPerMillion
        reasoningPerMillion
      }
    }
  }
`);

type Rates = Omit<PriceRatesFragment["longPrompts"][number], "above" | "__typename">;
type Line = { title: string; rates: Rates };

function lines(price: PriceRatesFragment): Line[] {
  const above = (tokens: number) => t("prices.aboveTokens", { tokens: formatWhole(tokens) });
  const standard = price.longPrompts.map((long) => ({ title: above(long.above), rates: long }));
  const tiers = price.serviceTiers.flatMap((tier) => {
    const name = t(`prices.tiers.${tier.tier}`);
    const long = tier.longPrompts.map((long) => ({
      title: `${name}, ${above(long.above)}`,
      rates: long,
    }));
    return [{ title: name, rates: tier }, ...long];
  });
  return [...standard, ...tiers];
}

function describe(rates: Rates): string {
  const part = (name: string, usd: string) => `${name} ${formatUsd(usd)}`;
  return [
    part(t("usage.kinds.input"), rates.inputPerMillion),
    part(t("usage.kinds.output"), rates.outputPerMillion),
    part(t("usage.kinds.cacheRead"), rates.cacheReadPerMillion),
    part(t("usage.kinds.cacheWrite"), rates.cacheWritePerMillion),
    part(t("prices.cacheWrite1h"), rates.cacheWrite1hPerMillion),
    part(t("usage.kinds.reasoning"), rates.reasoningPerMillion),
  ].join(" · ");
}

/** The rates of a price that depend on the prompt or on the service tier. */
export function PriceRates(props: { price: FragmentType<typeof PriceRatesFragmentDoc> }) {
  const price = () => readFragment(PriceRatesFragmentDoc, props.price);
  const all = () => lines(price());
  return (
    <Show when={all().length > 0}>
      <details class="mt-1 text-sm">
        <summary class="cursor-pointer text-muted">
          {t("prices.moreRates", { count: all().length })}
        </summary>
        <dl class="mt-1 flex flex-col gap-1.5">
          <For each={all()}>
            {(line) => (
              <div>
                <dt class="font-medium">{line.title}</dt>
                <dd class="text-muted">{describe(line.rates)}</dd>
              </div>
            )}
          </For>
        </dl>
        <Show when={price().longPromptRule === "PART_ABOVE"}>
          <p class="mt-1 text-muted">{t("prices.rules.PART_ABOVE")}</p>
        </Show>
      </details>
    </Show>
  );
}
