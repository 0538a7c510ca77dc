import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatWhole } from "../../lib/format";
import { isMetered } from "../../lib/metered";
import { Cell } from "../../ui/Table";
import { Unknown } from "../../ui/Unknown";

const TokensFragment = graphql(`
  fragment Tokens on Request {
    outcome
    provider
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

type CountProps = {
  value: number | undefined;
  /** Why there are no tokens. */
  missing: string;
  isEstimate: boolean;
  title?: string;
};

function Count(props: CountProps) {
  return (
    <Cell number>
      <Show when={props.value !== undefined} fallback={<Unknown why={props.missing} />}>
        <span title={props.isEstimate ? t("requests.estimated") : props.title}>
          {props.isEstimate ? "≈ " : ""}
          {formatWhole(props.value ?? 0)}
        </span>
      </Show>
    </Cell>
  );
}

/** Tokens by kind; an unknown count is shown as a dash, never as zero. */
export function TokenCells(props: { request: FragmentType<typeof TokensFragment> }) {
  const request = () => readFragment(TokensFragment, props.request);
  const tokens = () => (isMetered(request()) ? request().tokens : undefined);
  const missing = () =>
    isMetered(request()) ? t("requests.unknownTokens") : t("requests.unmetered");
  const isEstimate = () => request().usageSource === "ESTIMATED";
  const cached = () => {
    const known = tokens();
    return known ? known.cacheRead + known.cacheWrite : undefined;
  };
  const cacheTitle = () =>
    t("requests.cacheTitle", {
      read: formatWhole(tokens()?.cacheRead ?? 0),
      written: formatWhole(tokens()?.cacheWrite ?? 0),
    });
  return (
    <>
      <Count value={tokens()?.input} missing={missing()} isEstimate={isEstimate()} />
      <Count value={cached()} missing={missing()} isEstimate={isEstimate()} title={cacheTitle()} />
      <Count value={tokens()?.output} missing={missing()} isEstimate={isEstimate()} />
      <Count value={tokens()?.reasoning} missing={missing()} isEstimate={isEstimate()} />
    </>
  );
}
