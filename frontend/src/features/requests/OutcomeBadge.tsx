import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { Badge } from "../../ui/Badge";
import { OUTCOME_TONES } from "./outcomes";
import { words } from "./words";

const OutcomeFragment = graphql(`
  fragment Outcome on Request {
    outcome
    httpStatus
    errorCode
  }
`);

/** How a request ended, in a word and its HTTP status. */
export function OutcomeBadge(props: {
  request: FragmentType<typeof OutcomeFragment>;
  /** On one line: what went wrong is in the tooltip. */
  brief?: boolean;
}) {
  const request = () => readFragment(OutcomeFragment, props.request);
  const said = () => words().outcomes[request().outcome];
  const title = () => (props.brief && request().errorCode) || said()[1];
  return (
    <>
      <Badge tone={OUTCOME_TONES[request().outcome]} title={title()}>
        {said()[0]}
        <Show when={request().httpStatus}>{(status) => <span>{status()}</span>}</Show>
      </Badge>
      <Show when={!props.brief && request().errorCode}>
        {(code) => <span class="mt-0.5 block font-mono text-xs text-muted">{code()}</span>}
      </Show>
    </>
  );
}
