import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatWhole } from "../../lib/format";
import { type BarPart, SplitBar } from "../../ui/SplitBar";
import { Unknown } from "../../ui/Unknown";

const TokenSplitFragment = graphql(`
  fragment TokenSplit on Request {
    usageSource
    tokens {
      input
      cacheRead
      cacheWrite
      output
      reasoning
      total
    }
  }
`);

/** The tokens of a request, by kind. */
export function TokenSplit(props: { request: FragmentType<typeof TokenSplitFragment> }) {
  const request = () => readFragment(TokenSplitFragment, props.request);
  const isEstimate = () => request().usageSource === "ESTIMATED";
  const parts = (): BarPart[] => {
    const used = request().tokens;
    if (!used) return [];
    const part = (label: string, value: number, colour: string) => ({
      label,
      value,
      colour,
      valueText: `${isEstimate() ? "≈ " : ""}${formatWhole(value)}`,
    });
    return [
      part(t("requests.columns.input"), used.input, "--tokens-input"),
      part(t("usage.kinds.cacheRead"), used.cacheRead, "--tokens-cache-read"),
      part(t("usage.kinds.cacheWrite"), used.cacheWrite, "--tokens-cache-write"),
      part(t("requests.columns.output"), used.output, "--tokens-output"),
      part(t("requests.columns.reasoning"), used.reasoning, "--tokens-reasoning"),
    ];
  };
  return (
    <section>
      <h3 class="mb-2 flex justify-between gap-4 font-medium">
        {t("usage.measures.tokens")}
        <Show when={request().tokens} fallback={<Unknown why={t("requests.unknownTokens")} />}>
          {(used) => <span>{formatWhole(used().total)}</span>}
        </Show>
      </h3>
      <Show when={request().tokens}>
        <SplitBar label={t("usage.measures.tokens")} parts={parts()} />
      </Show>
    </section>
  );
}
