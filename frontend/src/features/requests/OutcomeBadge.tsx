import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { Outcome } from "../../graphql/generated/graphql";
import { t, tIfKnown } from "../../i18n";
import type { BadgeTone } from "../../ui/Badge";
import { Badge } from "../../ui/Badge";

/** The tone of each outcome's badge. */
export const OUTCOME_TONES: Record<Outcome, BadgeTone> = {
  COMPLETED: "ok",
  CLIENT_GONE: "warn",
  UPSTREAM_ERROR: "bad",
  REJECTED: "plain",
  INTERRUPTED: "warn",
};

/** The outcomes in display order. */
export const OUTCOME_NAMES = Object.keys(OUTCOME_TONES) as Outcome[];

const OutcomeFragment = graphql(`
  fragment Outcome on Request {
    outcome
    httpStatus
    errorCode
  }
`);

/** The outcome of a request and its HTTP status. */
export function OutcomeBadge(props: {
  request: FragmentType<typeof OutcomeFragment>;
  /** In one line, with the error in the tooltip. */
  brief?: boolean;
}) {
  const request = () => readFragment(OutcomeFragment, props.request);
  const title = () =>
    tIfKnown(`requests.errors.${request().errorCode}`) ??
    ((props.brief && request().errorCode) || t(`requests.outcomes.${request().outcome}.hint`));
  return (
    <>
      <Badge tone={OUTCOME_TONES[request().outcome]} title={title()}>
        {t(`requests.outcomes.${request().outcome}.label`)}
        <Show when={request().httpStatus}>{(status) => <span>{status()}</span>}</Show>
      </Badge>
      <Show when={!props.brief && request().errorCode}>
        {(code) => (
          <span class="mt-0.5 block font-mono text-xs break-all text-muted">{code()}</span>
        )}
      </Show>
    </>
  );
}
