import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { formatNumber } from "../../lib/format";
import { Cell } from "../../ui/Table";
import { Unknown } from "../../ui/Unknown";

const TokensFragment = graphql(`
  fragment Tokens on Request {
    usageSource
    tokens {
      input
      cacheRead
      cacheWrite
      output
      reasoning
    }
  }
`);

const WHY = "Nobody reported how many tokens this request used";

function Count(props: { value: number | undefined; isEstimate: boolean; title?: string }) {
  return (
    <Cell number>
      <Show when={props.value !== undefined} fallback={<Unknown why={WHY} />}>
        <span title={props.isEstimate ? "Estimated: nobody reported it" : props.title}>
          {props.isEstimate ? "≈ " : ""}
          {formatNumber(props.value ?? 0)}
        </span>
      </Show>
    </Cell>
  );
}

/** Tokens by kind; what is unknown is a dash, never a zero. */
export function TokenCells(props: { request: FragmentType<typeof TokensFragment> }) {
  const request = () => readFragment(TokensFragment, props.request);
  const tokens = () => request().tokens;
  const isEstimate = () => request().usageSource === "ESTIMATED";
  const cached = () => {
    const known = tokens();
    return known ? known.cacheRead + known.cacheWrite : undefined;
  };
  const cacheTitle = () =>
    `read from cache: ${formatNumber(tokens()?.cacheRead ?? 0)}, written to it: ${formatNumber(tokens()?.cacheWrite ?? 0)}`;
  return (
    <>
      <Count value={tokens()?.input} isEstimate={isEstimate()} />
      <Count value={cached()} isEstimate={isEstimate()} title={cacheTitle()} />
      <Count value={tokens()?.output} isEstimate={isEstimate()} />
      <Count value={tokens()?.reasoning} isEstimate={isEstimate()} />
    </>
  );
}
