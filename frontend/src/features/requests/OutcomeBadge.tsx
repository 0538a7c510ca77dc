import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { Badge } from "../../ui/Badge";
import { OUTCOMES } from "./outcomes";

const OutcomeFragment = graphql(`
  fragment Outcome on Request {
    outcome
    httpStatus
    errorCode
  }
`);

/** How a request ended, in a word and its HTTP status. */
export function OutcomeBadge(props: { request: FragmentType<typeof OutcomeFragment> }) {
  const request = () => readFragment(OutcomeFragment, props.request);
  const outcome = () => OUTCOMES[request().outcome];
  return (
    <>
      <Badge tone={outcome().tone} title={outcome().meaning}>
        {outcome().word}
        <Show when={request().httpStatus}>{(status) => <span>{status()}</span>}</Show>
      </Badge>
      <Show when={request().errorCode}>
        {(code) => <span class="mt-0.5 block font-mono text-xs text-muted">{code()}</span>}
      </Show>
    </>
  );
}
